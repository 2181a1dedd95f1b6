import { dpm2m, dpm3m, dpmpp2m, dpmpp3m } from '../dpm-multistep.ts'
import { dpm1Sde, dpm2mSde, dpmpp1Sde, dpmpp2mSde, dpmpp3mSde } from '../dpm-multistep-sde.ts'
import type { SolverRow } from './row.ts'
import { withStart } from './start.ts'

const ends: SolverRow['options'] = {
  lowerOrderFinal: {
    type: 'boolean',
    help: 'lower the order to 1 over the last steps; by default in runs of fewer than 15 steps',
  },
  eulerAtFinal: { type: 'boolean', default: false, help: 'use first order for the last step' },
}
const second: SolverRow['options'] = {
  ...ends,
  solverType: {
    type: 'choice',
    default: 'midpoint',
    choices: ['midpoint', 'heun'],
    help: 'how second-order steps weight the change since the last evaluation',
  },
}
const third: SolverRow['options'] = {
  ...second,
  reference: { type: 'boolean', default: false, help: 'the weights as published, which are of second order only' },
}

const eta: SolverRow['options'] = {
  eta: { type: 'number', default: 1, minimum: 0, maximum: 10, help: 'share of fresh noise: 0 is the ODE, 1 the SDE' },
  sNoise: { type: 'number', default: 1, minimum: 0, maximum: 10, help: 'multiplies the fresh noise' },
}

const ode: readonly SolverRow[] = [
  {
    name: 'dpmpp-2m',
    help: 'second order from the last two evaluations',
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
    help: 'third order from the last three evaluations',
    factory: 'dpmpp3m',
    options: third,
    create: options => dpmpp3m(options as Parameters<typeof dpmpp3m>[0]),
    aliases: { diffusers: 'DPMSolverMultistepScheduler' },
    order: 3,
    defaultOrder: 2,
    calls: 1,
    stochastic: false,
    paper: 'arXiv:2211.01095',
  },
  {
    name: 'dpm-2m',
    help: 'second order from the last two evaluations, in noise form',
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
    help: 'third order from the last three evaluations, in noise form',
    factory: 'dpm3m',
    options: third,
    create: options => dpm3m(options as Parameters<typeof dpm3m>[0]),
    aliases: { diffusers: 'DPMSolverMultistepScheduler' },
    order: 3,
    defaultOrder: 2,
    calls: 1,
    stochastic: false,
    paper: 'arXiv:2206.00927',
  },
]

export const dpmRows: readonly SolverRow[] = [
  ...ode.map(row => withStart(row)),
  {
    name: 'dpmpp-1-sde',
    help: 'first order with fresh noise',
    factory: 'dpmpp1Sde',
    options: eta,
    create: options => dpmpp1Sde(options as Parameters<typeof dpmpp1Sde>[0]),
    aliases: { diffusers: 'DPMSolverMultistepScheduler' },
    order: 1,
    calls: 1,
    stochastic: true,
    paper: 'arXiv:2211.01095',
  },
  {
    name: 'dpmpp-2m-sde',
    help: 'second order from the last two evaluations, with fresh noise',
    factory: 'dpmpp2mSde',
    options: { ...second, ...eta },
    create: options => dpmpp2mSde(options as Parameters<typeof dpmpp2mSde>[0]),
    aliases: {
      diffusers: 'DPMSolverMultistepScheduler',
      kDiffusion: 'dpmpp_2m_sde',
      comfyUi: 'dpmpp_2m_sde',
      a1111: 'DPM++ 2M SDE',
    },
    order: 2,
    calls: 1,
    stochastic: true,
    paper: 'arXiv:2211.01095',
  },
  {
    name: 'dpmpp-3m-sde',
    help: 'from the last three evaluations, with fresh noise; third order at eta 0',
    factory: 'dpmpp3mSde',
    options: {
      ...second,
      ...eta,
      solverType: {
        type: 'choice',
        choices: ['midpoint', 'heun'],
        help: 'the form of second-order steps; by default midpoint, or heun with reference=k-diffusion',
      },
      reference: {
        type: 'choice',
        default: 'none',
        choices: ['none', 'k-diffusion', 'diffusers'],
        help: 'use the published third-order weights of another program, which are of lower order',
      },
    },
    create: options => dpmpp3mSde(options as Parameters<typeof dpmpp3mSde>[0]),
    aliases: {
      diffusers: 'DPMSolverMultistepScheduler',
      kDiffusion: 'dpmpp_3m_sde',
      comfyUi: 'dpmpp_3m_sde',
      a1111: 'DPM++ 3M SDE',
    },
    order: 2,
    calls: 1,
    stochastic: true,
    paper: 'arXiv:2211.01095',
  },
  {
    name: 'dpm-1-sde',
    help: 'first order with fresh noise, in noise form',
    factory: 'dpm1Sde',
    options: eta,
    create: options => dpm1Sde(options as Parameters<typeof dpm1Sde>[0]),
    aliases: { diffusers: 'DPMSolverMultistepScheduler' },
    order: 1,
    calls: 1,
    stochastic: true,
    paper: 'arXiv:2211.01095',
  },
  {
    name: 'dpm-2m-sde',
    help: 'second order from the last two evaluations, in noise form with fresh noise',
    factory: 'dpm2mSde',
    options: { ...second, ...eta },
    create: options => dpm2mSde(options as Parameters<typeof dpm2mSde>[0]),
    aliases: { diffusers: 'DPMSolverMultistepScheduler' },
    order: 2,
    calls: 1,
    stochastic: true,
    paper: 'arXiv:2211.01095',
  },
]
