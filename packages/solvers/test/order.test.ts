import { ddim, euler, eulerAncestral, heun } from '@fewstep/solvers'
import { provesOrder } from './support/order.ts'

provesOrder([{ solver: euler() }, { solver: ddim() }, { solver: eulerAncestral({ eta: 0 }) }, { solver: heun() }])
