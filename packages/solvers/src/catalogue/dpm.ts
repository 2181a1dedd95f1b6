import { dpmpp2m } from '../dpmpp-2m.ts'
import type { SolverRow } from './row.ts'

export const dpmRows: readonly SolverRow[] = [
  {
    name: 'dpmpp-2m',
    help: 'second order from the last two calls',
    factory: 'dpmpp2m',
    options: {
      lowerOrderFinal: {
        type: 'boolean',
        help: 'end with a first-order step; where absent, in runs of fewer than 15 steps',
      },
    },
    create: options => dpmpp2m(options as Parameters<typeof dpmpp2m>[0]),
    aliases: {
      diffusers: 'DPMSolverMultistepScheduler',
      kDiffusion: 'dpmpp_2m',
      comfyUi: 'dpmpp_2m',
      a1111: 'DPM++ 2M',
    },
    order: 2,
    calls: 1,
    stochastic: false,
    paper: 'arXiv:2211.01095',
  },
]
