import { edm, exponential } from '@fewstep/schedules'
import {
  ddim,
  dpm1Sde,
  dpm2m,
  dpm2mSde,
  dpmpp1Sde,
  dpmpp2m,
  dpmpp2mSde,
  dpmpp3m,
  dpmpp3mSde,
  type Solver,
} from '@fewstep/solvers'
import { describe, expect, test } from 'vitest'
import { solverContract } from './support/contract.ts'
import { provesMoments } from './support/moments.ts'
import { provesOrder } from './support/order.ts'
import { expectSamePlans } from './support/plans.ts'

const full = { lowerOrderFinal: false }
const some = { ...full, eta: 0.5 }

provesMoments([
  { solver: dpmpp1Sde(some), order: 1 },
  { solver: dpmpp2mSde(some), order: 2 },
  { name: 'dpmpp-2m-sde, heun', solver: dpmpp2mSde({ ...some, solverType: 'heun' }), order: 2 },
  { solver: dpmpp3mSde(some), order: 2 },
  { name: 'dpmpp-3m-sde of k-diffusion', solver: dpmpp3mSde({ ...some, reference: 'k-diffusion' }), order: 2 },
  { name: 'dpmpp-3m-sde of diffusers', solver: dpmpp3mSde({ ...some, reference: 'diffusers' }), order: 1 },
  // At half of the noise, the leading error nearly cancels, and shows itself beyond thousands of steps only.
  { solver: dpm1Sde({ eta: 1 }), order: 1, from: 320, to: 1280 },
  { solver: dpm2mSde(some), order: 2 },
])

describe('at eta 0, in the deterministic limit', () => {
  const none = { ...full, eta: 0 }
  provesOrder([
    { solver: dpmpp3mSde(none), exact: 2 },
    { name: 'dpmpp-3m-sde of k-diffusion', solver: dpmpp3mSde({ ...none, reference: 'k-diffusion' }), exact: 2 },
    { name: 'dpmpp-3m-sde of diffusers', solver: dpmpp3mSde({ ...none, reference: 'diffusers' }), exact: 2 },
  ])

  const levels = exponential().levels(7, edm())
  test.each<readonly [string, Solver, Solver]>([
    ['DPM-Solver++ 1', dpmpp1Sde({ eta: 0 }), ddim()],
    ['DPM-Solver++ 2M', dpmpp2mSde({ eta: 0 }), dpmpp2m()],
    ['DPM-Solver++ 2M, heun', dpmpp2mSde({ eta: 0, solverType: 'heun' }), dpmpp2m({ solverType: 'heun' })],
    ['DPM-Solver++ 3M', dpmpp3mSde({ eta: 0 }), dpmpp3m()],
    ['DPM-Solver 2M', dpm2mSde({ eta: 0 }), dpm2m()],
  ])('it is the plan of %s', (_, stochastic, deterministic) => {
    expectSamePlans(stochastic.plan(levels), deterministic.plan(levels))
  })
})

test('at eta 1, first order is ancestral sampling', () => {
  const levels = exponential().levels(7, edm())
  expectSamePlans(dpmpp1Sde().plan(levels), ddim({ eta: 1 }).plan(levels))
})

test('eta out of range: an error', () => {
  expect(() => dpmpp2mSde({ eta: -0.1 })).toThrow('dpmpp-2m-sde: eta must be a number from 0 to 10, got -0.1')
  expect(() => dpmpp3mSde({ reference: 'comfy' as 'none' })).toThrow(/one of none, k-diffusion, diffusers/)
})

solverContract('dpmpp-2m-sde, heun, a third of the noise', dpmpp2mSde({ eta: 0.3, solverType: 'heun' }), {
  stochastic: true,
})
solverContract('dpmpp-3m-sde of diffusers', dpmpp3mSde({ reference: 'diffusers' }), { stochastic: true })
