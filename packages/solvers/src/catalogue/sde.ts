import { erSde } from '../er-sde.ts'
import { resMultistep } from '../res-multistep.ts'
import { saSolver } from '../sa-solver.ts'
import type { SolverRow } from './row.ts'
import { withStart } from './start.ts'

const sNoise = { type: 'number', default: 1, minimum: 0, maximum: 10, help: 'multiplies the fresh noise' } as const
const part = { type: 'number', minimum: 0, maximum: 1 } as const

export const sdeRows: readonly SolverRow[] = [
  {
    name: 'sa-solver',
    help: 'stochastic Adams method, predictor and corrector',
    factory: 'saSolver',
    options: {
      predictorOrder: {
        type: 'integer',
        default: 2,
        minimum: 1,
        maximum: 9,
        help: 'how many evaluations the predictor uses',
      },
      correctorOrder: {
        type: 'integer',
        default: 2,
        minimum: 0,
        maximum: 9,
        help: 'how many evaluations the corrector uses',
      },
      tau: { type: 'number', default: 1, minimum: 0, maximum: 3, help: 'strength of fresh noise' },
      start: {
        ...part,
        default: 0.2,
        help: 'add noise from this fraction of the timesteps on, counted from the clean end',
      },
      end: { ...part, default: 0.801, help: 'add noise up to this fraction of the timesteps' },
      view: {
        type: 'choice',
        default: 'data',
        choices: ['data', 'noise'],
        help: 'interpolate estimates of data or of noise',
      },
      simple: { type: 'boolean', default: true, help: 'use the published shortcut for sums over two evaluations' },
      lowerOrderFinal: { type: 'boolean', default: true, help: 'lower the order to 1 over the last steps' },
      evaluateAgain: { type: 'boolean', default: false, help: 'evaluate again after each correction (PECE)' },
    },
    create: options => saSolver(options as Parameters<typeof saSolver>[0]),
    aliases: { diffusers: 'SASolverScheduler', comfyUi: 'sa_solver' },
    order: 2,
    calls: 1,
    stochastic: true,
    paper: 'arXiv:2309.05019',
  },
  {
    name: 'er-sde',
    help: 'extended reverse-time SDE, from the last three evaluations',
    factory: 'erSde',
    options: {
      order: { type: 'integer', default: 3, minimum: 1, maximum: 3, help: 'how many evaluations a step uses' },
      sNoise,
      reference: { type: 'boolean', default: false, help: 'the third-order weights as published' },
    },
    create: options => erSde(options as Parameters<typeof erSde>[0]),
    aliases: { comfyUi: 'er_sde' },
    order: 2,
    calls: 1,
    stochastic: true,
    paper: 'arXiv:2309.06169',
  },
  withStart({
    name: 'res-multistep',
    help: 'exact second order from the last two evaluations',
    factory: 'resMultistep',
    options: {
      eta: { ...part, default: 0, help: 'share of fresh noise' },
      sNoise,
    },
    create: options => resMultistep(options as Parameters<typeof resMultistep>[0]),
    aliases: { comfyUi: 'res_multistep' },
    order: 2,
    calls: 1,
    stochastic: false,
    paper: 'arXiv:2308.02157',
  }),
]
