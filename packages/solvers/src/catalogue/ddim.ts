import { ddim } from '../ddim.ts'
import type { SolverRow } from './row.ts'

export const ddimRows: readonly SolverRow[] = [
  {
    name: 'ddim',
    help: 'first order, with a share of fresh noise if wanted',
    factory: 'ddim',
    options: {
      eta: { type: 'number', default: 0, minimum: 0, maximum: 1, help: "0 is deterministic, 1 is DDPM's noise" },
    },
    create: options => ddim(options as Parameters<typeof ddim>[0]),
    aliases: { diffusers: 'DDIMScheduler', comfyUi: 'ddim', a1111: 'DDIM' },
    order: 1,
    calls: 1,
    stochastic: false,
    paper: 'arXiv:2010.02502',
  },
]
