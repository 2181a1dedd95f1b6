import { dpm2m, dpm3m, dpmpp2m, dpmpp3m } from '../dpm-multistep.ts'
import type { SolverRow } from './row.ts'

const ends: SolverRow['options'] = {
  lowerOrderFinal: {
    type: 'boolean',
    help: 'come down to first order over the last steps; where absent, in runs of fewer than 15 steps',
  },
  eulerAtFinal: { type: 'boolean', default: false, help: 'make the last step one of first order' },
}
const second: SolverRow['options'] = {
  ...ends,
  form: {
    type: 'choice',
    default: 'midpoint',
    choices: ['midpoint', 'heun'],
    help: 'how second-order steps weigh the change since the last call',
  },
}
const third: SolverRow['options'] = {
  ...second,
  reference: { type: 'boolean', default: false, help: 'the weights as published: of second order only' },
}

export const dpmRows: readonly SolverRow[] = [
  {
    name: 'dpmpp-2m',
    help: 'second order from the last two calls',
    factory: 'dpmpp2m',
    options: second,
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
  {
    name: 'dpmpp-3m',
    help: 'third order from the last three calls',
    factory: 'dpmpp3m',
    options: third,
    create: options => dpmpp3m(options as Parameters<typeof dpmpp3m>[0]),
    aliases: { diffusers: 'DPMSolverMultistepScheduler' },
    order: 3,
    calls: 1,
    stochastic: false,
    paper: 'arXiv:2211.01095',
  },
  {
    name: 'dpm-2m',
    help: 'second order from the last two calls, in noise form',
    factory: 'dpm2m',
    options: second,
    create: options => dpm2m(options as Parameters<typeof dpm2m>[0]),
    aliases: { diffusers: 'DPMSolverMultistepScheduler' },
    order: 2,
    calls: 1,
    stochastic: false,
    paper: 'arXiv:2206.00927',
  },
  {
    name: 'dpm-3m',
    help: 'third order from the last three calls, in noise form',
    factory: 'dpm3m',
    options: third,
    create: options => dpm3m(options as Parameters<typeof dpm3m>[0]),
    aliases: { diffusers: 'DPMSolverMultistepScheduler' },
    order: 3,
    calls: 1,
    stochastic: false,
    paper: 'arXiv:2206.00927',
  },
]
