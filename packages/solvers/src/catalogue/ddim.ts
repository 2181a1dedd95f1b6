import { ddim } from '../ddim.ts'
import { ddpm } from '../ddpm.ts'
import type { SolverRow } from './row.ts'

export const ddimRows: readonly SolverRow[] = [
  {
    name: 'ddim',
    help: 'first order, optionally with fresh noise',
    factory: 'ddim',
    options: {
      eta: { type: 'number', default: 0, minimum: 0, maximum: 1, help: "0 is deterministic, 1 is DDPM's noise" },
      rawNoise: {
        type: 'boolean',
        default: false,
        help: 'where the estimate is clipped, keep the noise from before clipping',
      },
    },
    create: options => ddim(options as Parameters<typeof ddim>[0]),
    aliases: { diffusers: 'DDIMScheduler', comfyUi: 'ddim', a1111: 'DDIM' },
    order: 1,
    calls: 1,
    stochastic: false,
    paper: 'arXiv:2010.02502',
  },
  {
    name: 'ddpm',
    help: 'ancestral sampling: DDIM at eta 1, with the variances of the original',
    factory: 'ddpm',
    options: {
      variance: {
        type: 'choice',
        default: 'fixed_small',
        choices: ['fixed_small', 'fixed_small_log', 'fixed_large', 'fixed_large_log', 'exploding'],
        help: "the noise's variance: the posterior's, or the forward step's",
      },
      finalNoise: { type: 'boolean', default: true, help: 'add noise in the last step too, unless it ends at sigma 0' },
    },
    create: options => ddpm(options as Parameters<typeof ddpm>[0]),
    aliases: { diffusers: 'DDPMScheduler', comfyUi: 'ddpm' },
    order: 1,
    calls: 1,
    stochastic: true,
    paper: 'arXiv:2006.11239',
  },
]
