import type { OptionSpec } from '@fewstep/schedules/catalogue'
import { dpm2s, dpm3s, dpmpp2s, dpmpp3s } from '../dpm-singlestep.ts'
import type { SolverRow } from './row.ts'

const form = {
  solverType: {
    type: 'choice',
    default: 'midpoint',
    choices: ['midpoint', 'heun'],
    help: 'slopes by the midpoint rule, or by the polynomial through all values',
  },
  between: { type: 'boolean', default: false, help: 'call the network between the levels too, in every interval' },
  lowerOrderFinal: { type: 'boolean', help: 'end with steps of lower order; where absent, where the originals do' },
} satisfies Record<string, OptionSpec>

const first = (value: number, maximum: number): OptionSpec => ({
  type: 'number',
  default: value,
  minimum: 0.01,
  maximum,
  help: 'where the first inner call of `between` lies in the step',
})
const two = { ...form, r1: first(1 / 2, 0.99) }
const three = { ...form, r1: first(1 / 3, 0.65) }

export const noiseOptions = (eta: number) =>
  ({
    eta: { type: 'number', default: eta, minimum: 0, maximum: 1, help: 'share of fresh noise' },
    sNoise: { type: 'number', default: 1, minimum: 0, help: "factor of the fresh noise's deviation" },
  }) satisfies Record<string, OptionSpec>

const stochastic = {
  ...noiseOptions(0),
  reference: { type: 'boolean', default: false, help: "the noise of diffusers' stages, and its third-order sign" },
} satisfies Record<string, OptionSpec>

const common = { calls: 1, stochastic: false }

export const singlestepRows: readonly SolverRow[] = [
  {
    ...common,
    name: 'dpm-2s',
    help: 'second order in steps of two calls, on the noise',
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
    help: 'third order in steps of three calls, on the noise',
    factory: 'dpm3s',
    options: three,
    create: options => dpm3s(options as Parameters<typeof dpm3s>[0]),
    aliases: { diffusers: 'DPMSolverSinglestepScheduler' },
    order: 3,
    paper: 'arXiv:2206.00927',
  },
  {
    ...common,
    name: 'dpmpp-2s',
    help: 'second order in steps of two calls',
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
    help: 'third order in steps of three calls',
    factory: 'dpmpp3s',
    options: { ...three, ...stochastic },
    create: options => dpmpp3s(options as Parameters<typeof dpmpp3s>[0]),
    aliases: { diffusers: 'DPMSolverSinglestepScheduler' },
    order: 3,
    paper: 'arXiv:2211.01095',
  },
]
