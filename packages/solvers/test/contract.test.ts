import { readOptions } from '@fewstep/schedules/catalogue'
import { ddim } from '@fewstep/solvers'
import { solverCatalogue } from '@fewstep/solvers/catalogue'
import { solverContract } from './support/contract.ts'

for (const row of solverCatalogue)
  solverContract(row.name, row.create(readOptions(row.options, {}, row.name)), { stochastic: row.stochastic })
solverContract('ddim, eta 1', ddim({ eta: 1 }), { stochastic: true })
