import { pndm } from '../pndm.ts'
import type { SolverRow } from './row.ts'

export const adamsRows: readonly SolverRow[] = [
  {
    name: 'pndm',
    help: 'Adams–Bashforth on the noise, as Stable Diffusion 1.x is set up',
    factory: 'pndm',
    options: { prk: { type: 'boolean', help: 'warm up with three Runge–Kutta steps of four calls' } },
    create: options => pndm(options as Parameters<typeof pndm>[0]),
    aliases: { diffusers: 'PNDMScheduler', a1111: 'PLMS' },
    order: 2,
    calls: 1,
    stochastic: false,
    paper: 'arXiv:2202.09778',
  },
]
