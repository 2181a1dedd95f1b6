import { ddim, dpmpp2m, euler, eulerAncestral, heun } from '@fewstep/solvers'
import { provesOrder } from './support/order.ts'

provesOrder([
  { solver: euler() },
  { solver: ddim() },
  { solver: eulerAncestral({ eta: 0 }) },
  { solver: heun() },
  { solver: dpmpp2m({ lowerOrderFinal: false }), exact: 2 },
])
