import { deis } from '../deis.ts'
import { lms } from '../lms.ts'
import type { SolverRow } from './row.ts'
import { withStart } from './start.ts'

const rows = [2, 3, 4].map(
  (order): SolverRow => ({
    name: `deis-${order}`,
    help: `exact Adams–Bashforth on the noise of the last ${order} evaluations`,
    factory: 'deis',
    options: {
      variant: {
        type: 'choice',
        default: 'log-rho',
        choices: ['log-rho', 'rho', 't'],
        help: 'interpolate the noise in ln ρ, as in diffusers, or in ρ or the timestep, as in the paper',
      },
      lowerOrderFinal: {
        type: 'boolean',
        help: 'lower the order to 1 over the last steps; by default with log-rho in runs of fewer than 15 steps',
      },
      eulerAtFinal: { type: 'boolean', default: false, help: 'use first order for the last step' },
    },
    create: options => deis({ ...(options as Parameters<typeof deis>[0]), order }),
    aliases: { diffusers: 'DEISMultistepScheduler', ...(order === 3 ? { comfyUi: 'deis' } : {}) },
    order,
    ...(order > 2 ? { defaultOrder: 2 } : {}),
    calls: 1,
    stochastic: false,
    paper: 'arXiv:2204.13902',
  }),
)

const all: readonly SolverRow[] = [
  ...rows,
  {
    name: 'lms',
    help: 'exact Adams–Bashforth in ρ, of full order to the end',
    factory: 'lms',
    options: {
      order: { type: 'integer', default: 4, minimum: 1, maximum: 4, help: 'how many evaluations a step uses' },
    },
    create: options => lms(options as Parameters<typeof lms>[0]),
    aliases: { diffusers: 'LMSDiscreteScheduler', kDiffusion: 'lms', comfyUi: 'lms', a1111: 'LMS' },
    order: 4,
    defaultOrder: 2,
    calls: 1,
    stochastic: false,
    paper: 'arXiv:2204.13902',
  },
]

export const deisRows: readonly SolverRow[] = all.map(row => withStart(row))
