import { deis } from '../deis.ts'
import { lms } from '../lms.ts'
import type { SolverRow } from './row.ts'
import { withStart } from './start.ts'

const rows = [2, 3, 4].map(
  (order): SolverRow => ({
    name: `deis-${order}`,
    help: `exact Adams–Bashforth on the noise of the last ${order} calls`,
    factory: 'deis',
    options: {
      variant: {
        type: 'choice',
        default: 'log-rho',
        choices: ['log-rho', 'rho', 't'],
        help: "what the noise is interpolated in: diffusers' ln ρ, or the paper's ρ or timestep",
      },
      lowerOrderFinal: {
        type: 'boolean',
        help: 'come down to first order over the last steps; where absent, log-rho does in fewer than 15 steps',
      },
      eulerAtFinal: { type: 'boolean', default: false, help: 'make the last step one of first order' },
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
    options: { order: { type: 'integer', default: 4, minimum: 1, maximum: 4, help: 'calls in use' } },
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
