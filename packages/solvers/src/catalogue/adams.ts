import { ipndm } from '../ipndm.ts'
import { ipndmV } from '../ipndm-v.ts'
import { fpndm, pndm, spndm } from '../pndm.ts'
import type { SolverRow } from './row.ts'
import { withStart } from './start.ts'

const eulerAtFinal = { type: 'boolean', default: true, help: 'use first order for a step to sigma 0' } as const
const order = { type: 'integer', default: 4, minimum: 1, maximum: 4, help: 'how many evaluations a step uses' } as const
const row = { calls: 1, stochastic: false } as const

export const adamsRows: readonly SolverRow[] = [
  {
    ...row,
    name: 'pndm',
    help: 'Adams–Bashforth on the noise; the solver of Stable Diffusion 1.x',
    factory: 'pndm',
    options: {},
    create: () => pndm(),
    aliases: { diffusers: 'PNDMScheduler', a1111: 'PLMS' },
    order: 2,
    paper: 'arXiv:2202.09778',
  },
  {
    ...row,
    name: 'fpndm',
    help: 'as pndm, after three Runge–Kutta steps of four evaluations',
    factory: 'fpndm',
    options: {},
    create: () => fpndm(),
    aliases: { diffusers: 'PNDMScheduler' },
    order: 2,
    paper: 'arXiv:2202.09778',
  },
  {
    ...row,
    name: 'spndm',
    help: 'as pndm, from the last two evaluations',
    factory: 'spndm',
    options: {},
    create: () => spndm(),
    aliases: {},
    order: 2,
    paper: 'arXiv:2202.09778',
  },
  withStart(
    {
      ...row,
      name: 'ipndm',
      help: 'as pndm, without extra evaluations at the start',
      factory: 'ipndm',
      options: { order, eulerAtFinal },
      create: options => ipndm(options as Parameters<typeof ipndm>[0]),
      aliases: { diffusers: 'IPNDMScheduler', comfyUi: 'ipndm' },
      order: 2,
      paper: 'arXiv:2204.13902',
    },
    // On even steps it has the order of its weights, so the start keeps that order.
    ({ order }) => order as number,
  ),
  withStart({
    ...row,
    name: 'ipndm-v',
    help: 'as ipndm, with weights that fit uneven steps',
    factory: 'ipndmV',
    options: {
      order,
      eulerAtFinal,
      reference: { type: 'boolean', default: false, help: 'the weights as published, with their errors' },
    },
    create: options => ipndmV(options as Parameters<typeof ipndmV>[0]),
    aliases: { comfyUi: 'ipndm_v' },
    order: 4,
    defaultOrder: 2,
    paper: 'arXiv:2204.13902',
  }),
]
