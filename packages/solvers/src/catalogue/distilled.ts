import { consistency } from '../consistency.ts'
import { lcm } from '../lcm.ts'
import { tcd } from '../tcd.ts'
import type { SolverRow } from './row.ts'

export const distilledRows: readonly SolverRow[] = [
  {
    name: 'tcd',
    help: 'for models distilled by trajectory consistency: a jump, then noise',
    factory: 'tcd',
    options: {
      gamma: {
        type: 'number',
        default: 0.3,
        minimum: 0,
        maximum: 1,
        help: 'how far below the next timestep it jumps; in Stable Diffusion pipelines 0 by default, as in diffusers',
      },
    },
    create: options => tcd(options as Parameters<typeof tcd>[0]),
    aliases: { diffusers: 'TCDScheduler' },
    order: 0,
    calls: 1,
    stochastic: true,
    paper: 'arXiv:2402.19159',
  },
  {
    name: 'lcm',
    help: 'for latent consistency models: to the clean estimate, then noise',
    factory: 'lcm',
    options: {
      timestepScaling: {
        type: 'number',
        default: 10,
        minimum: 0,
        help: 'factor of the timestep in the boundary condition at timestep 0',
      },
    },
    create: options => lcm(options as Parameters<typeof lcm>[0]),
    aliases: { diffusers: 'LCMScheduler', comfyUi: 'lcm', a1111: 'LCM' },
    order: 0,
    calls: 1,
    stochastic: true,
    paper: 'arXiv:2310.04378',
  },
  {
    name: 'consistency',
    help: 'for consistency models: to sigmaMin, then noise',
    factory: 'consistency',
    options: {
      sigmaMin: { type: 'number', default: 0.002, minimum: 0, help: "sigma/alpha of the model's estimates" },
      sNoise: { type: 'number', default: 1, minimum: 0, help: "factor of the fresh noise's deviation" },
    },
    create: options => consistency(options as Parameters<typeof consistency>[0]),
    aliases: { diffusers: 'CMStochasticIterativeScheduler' },
    order: 0,
    calls: 1,
    stochastic: true,
    paper: 'arXiv:2303.01469',
  },
]
