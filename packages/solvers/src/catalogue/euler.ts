import { churnSpecs } from '../churn.ts'
import { euler } from '../euler.ts'
import { eulerAncestral } from '../euler-ancestral.ts'
import { gradientEstimation } from '../gradient-estimation.ts'
import { heun } from '../heun.ts'
import type { SolverRow } from './row.ts'
import { withStart } from './start.ts'

export const eulerRows: readonly SolverRow[] = [
  {
    name: 'euler',
    help: 'one evaluation a step, first order',
    factory: 'euler',
    options: {
      ...churnSpecs,
      reference: {
        type: 'boolean',
        default: false,
        help: 'add the noise of churn after each evaluation, as in diffusers',
      },
    },
    create: options => euler(options as Parameters<typeof euler>[0]),
    aliases: { diffusers: 'EulerDiscreteScheduler', kDiffusion: 'euler', comfyUi: 'euler', a1111: 'Euler' },
    order: 1,
    calls: 1,
    stochastic: false,
    paper: 'arXiv:2206.00364',
  },
  {
    name: 'euler-ancestral',
    help: 'Euler to a lower level, then fresh noise',
    factory: 'eulerAncestral',
    options: {
      eta: { type: 'number', default: 1, minimum: 0, maximum: 1, help: 'share of fresh noise' },
      flow: { type: 'boolean', default: false, help: 'split the step as for flow models' },
      sNoise: { type: 'number', default: 1, minimum: 0, help: "factor of the fresh noise's deviation" },
    },
    create: options => eulerAncestral(options as Parameters<typeof eulerAncestral>[0]),
    aliases: {
      diffusers: 'EulerAncestralDiscreteScheduler',
      kDiffusion: 'euler_ancestral',
      comfyUi: 'euler_ancestral',
      a1111: 'Euler a',
    },
    order: 1,
    calls: 1,
    stochastic: true,
    paper: 'arXiv:2206.00364',
  },
  {
    name: 'heun',
    help: 'the mean of the slopes at both ends of a step',
    factory: 'heun',
    options: churnSpecs,
    create: options => heun(options as Parameters<typeof heun>[0]),
    aliases: { diffusers: 'HeunDiscreteScheduler', kDiffusion: 'heun', comfyUi: 'heun', a1111: 'Heun' },
    order: 2,
    calls: 2,
    stochastic: false,
    paper: 'arXiv:2206.00364',
  },
  withStart({
    name: 'gradient-estimation',
    help: 'Euler with the noise extrapolated from the last two evaluations',
    factory: 'gradientEstimation',
    options: { gamma: { type: 'number', default: 2, minimum: 0, help: 'weight of the newer evaluation; 1 is Euler' } },
    create: options => gradientEstimation(options as Parameters<typeof gradientEstimation>[0]),
    aliases: { comfyUi: 'gradient_estimation' },
    order: 1,
    calls: 1,
    stochastic: false,
    paper: 'arXiv:2306.04848',
  }),
]
