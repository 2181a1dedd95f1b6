import { readOptions } from '@fewstep/schedules/catalogue'
import { ddim } from '@fewstep/solvers'
import { solverCatalogue } from '@fewstep/solvers/catalogue'
import { solverContract } from './support/contract.ts'

for (const row of solverCatalogue)
  solverContract(row.name, row.create(readOptions(row.options, {}, row.name)), {
    stochastic: row.stochastic,
    // By its definition, c_out is a little less than 1 and c_skip a little more than 0.
    ...(row.name === 'lcm' ? { tolerance: 1e-6 } : {}),
  })
solverContract('ddim, eta 1', ddim({ eta: 1 }), { stochastic: true })
