import type { OptionSpec } from '@fewstep/schedules/catalogue'
import { dpmFast } from '../dpm-fast.ts'
import { dpm2s, dpm3s, dpmpp2s, dpmpp3s } from '../dpm-singlestep.ts'
import { dpmpp2sAncestral } from '../dpmpp-2s-ancestral.ts'
import { dpmppSde, seeds2, seeds3 } from '../dpmpp-sde.ts'
import type { SolverRow } from './row.ts'

const form = {
  solverType: {
    type: 'choice',
    default: 'midpoint',
    choices: ['midpoint', 'heun'],
    help: 'slopes by the midpoint rule, or by the polynomial through all values',
  },
  between: { type: 'boolean', default: false, help: 'evaluate the model between the levels too, in every interval' },
  lowerOrderFinal: { type: 'boolean', help: 'end with steps of lower order; by default as the originals do' },
} satisfies Record<string, OptionSpec>

const first = (value: number, maximum: number): OptionSpec => ({
  type: 'number',
  default: value,
  minimum: 0.01,
  maximum,
  help: 'where the first evaluation between the levels lies in the step',
})
const two = { ...form, r1: first(1 / 2, 0.99) }
const three = { ...form, r1: first(1 / 3, 0.65) }

export const noiseOptions = (eta: number): Readonly<Record<'eta' | 'sNoise', OptionSpec>> => ({
  eta: { type: 'number', default: eta, minimum: 0, maximum: 1, help: 'share of fresh noise' },
  sNoise: { type: 'number', default: 1, minimum: 0, help: "factor of the fresh noise's deviation" },
})

export const flowOption: Readonly<Record<'flow', OptionSpec>> = {
  flow: { type: 'boolean', default: false, help: 'choose the lower level as for rectified flow' },
}

const stochastic = {
  ...noiseOptions(0),
  reference: { type: 'boolean', default: false, help: "use the noise and the third-order sign of diffusers' stages" },
} satisfies Record<string, OptionSpec>

const common = { calls: 1, stochastic: false }

export const singlestepRows: readonly SolverRow[] = [
  {
    ...common,
    name: 'dpm-2s',
    help: 'second order in steps of two evaluations, on the noise',
    factory: 'dpm2s',
    options: two,
    create: options => dpm2s(options as Parameters<typeof dpm2s>[0]),
    aliases: { diffusers: 'DPMSolverSinglestepScheduler' },
    order: 2,
    paper: 'arXiv:2206.00927',
  },
  {
    ...common,
    name: 'dpm-3s',
    help: 'third order in steps of three evaluations, on the noise',
    factory: 'dpm3s',
    options: three,
    create: options => dpm3s(options as Parameters<typeof dpm3s>[0]),
    aliases: { diffusers: 'DPMSolverSinglestepScheduler' },
    order: 3,
    defaultOrder: 2,
    paper: 'arXiv:2206.00927',
  },
  {
    ...common,
    name: 'dpmpp-2s',
    help: 'second order in steps of two evaluations',
    factory: 'dpmpp2s',
    options: { ...two, ...stochastic },
    create: options => dpmpp2s(options as Parameters<typeof dpmpp2s>[0]),
    aliases: { diffusers: 'DPMSolverSinglestepScheduler', a1111: 'DPM++ 2S' },
    order: 2,
    paper: 'arXiv:2211.01095',
  },
  {
    ...common,
    name: 'dpmpp-3s',
    help: 'third order in steps of three evaluations',
    factory: 'dpmpp3s',
    options: { ...three, ...stochastic },
    create: options => dpmpp3s(options as Parameters<typeof dpmpp3s>[0]),
    aliases: { diffusers: 'DPMSolverSinglestepScheduler' },
    order: 3,
    defaultOrder: 2,
    paper: 'arXiv:2211.01095',
  },
  {
    ...common,
    name: 'dpm-fast',
    help: 'steps of up to three evaluations, even in ln sigma between the ends of the schedule',
    factory: 'dpmFast',
    options: noiseOptions(0),
    create: options => dpmFast(options as Parameters<typeof dpmFast>[0]),
    aliases: { kDiffusion: 'dpm_fast', comfyUi: 'dpm_fast', a1111: 'DPM fast' },
    order: 2,
    paper: 'arXiv:2206.00927',
  },
  {
    name: 'dpmpp-2s-ancestral',
    help: 'DPM-Solver++ 2S to a lower level, then fresh noise',
    factory: 'dpmpp2sAncestral',
    options: {
      ...noiseOptions(1),
      ...flowOption,
    },
    create: options => dpmpp2sAncestral(options as Parameters<typeof dpmpp2sAncestral>[0]),
    aliases: { kDiffusion: 'dpmpp_2s_ancestral', comfyUi: 'dpmpp_2s_ancestral', a1111: 'DPM++ 2S a' },
    order: 2,
    calls: 2,
    stochastic: true,
    paper: 'arXiv:2211.01095',
  },
  {
    name: 'dpmpp-sde',
    help: 'DPM-Solver++ 2S with fresh noise at both evaluations',
    factory: 'dpmppSde',
    options: {
      ...noiseOptions(1),
      r1: first(1 / 2, 0.99),
      reference: { type: 'boolean', default: false, help: 'overlapping noise draws, as published, for Brownian noise' },
    },
    create: options => dpmppSde(options as Parameters<typeof dpmppSde>[0]),
    aliases: {
      diffusers: 'DPMSolverSDEScheduler',
      kDiffusion: 'dpmpp_sde',
      comfyUi: 'dpmpp_sde',
      a1111: 'DPM++ SDE',
    },
    order: 2,
    calls: 2,
    stochastic: true,
    paper: 'arXiv:2211.01095',
  },
  {
    name: 'seeds-2',
    help: 'exponential Runge–Kutta of two evaluations on the reverse SDE',
    factory: 'seeds2',
    options: { ...noiseOptions(1), r1: first(1 / 2, 0.99) },
    create: options => seeds2(options as Parameters<typeof seeds2>[0]),
    aliases: { comfyUi: 'seeds_2' },
    order: 2,
    calls: 2,
    stochastic: true,
    paper: 'arXiv:2305.14267',
  },
  {
    name: 'seeds-3',
    help: 'exponential Runge–Kutta of three evaluations on the reverse SDE; third order at eta 0',
    factory: 'seeds3',
    options: { ...noiseOptions(1), r1: first(1 / 3, 0.65) },
    create: options => seeds3(options as Parameters<typeof seeds3>[0]),
    aliases: { comfyUi: 'seeds_3' },
    order: 2,
    calls: 3,
    stochastic: true,
    paper: 'arXiv:2305.14267',
  },
]
