import { ddim, eulerAncestral } from '@fewstep/solvers'
import { provesMoments } from './support/moments.ts'

// At eta 1 the start is forgotten and the mean is exact whatever the method does; half of the noise shows more.
provesMoments([
  { name: 'ddim, eta 0.5', solver: ddim({ eta: 0.5 }), order: 1 },
  { name: 'ddim, eta 1', solver: ddim({ eta: 1 }), order: 1 },
  { name: 'euler-ancestral, eta 0.5', solver: eulerAncestral({ eta: 0.5 }), order: 1 },
  { name: 'euler-ancestral, eta 1', solver: eulerAncestral(), order: 1 },
])
