import { alignYourSteps, deepFloyd, sd15, sdxl, svd } from './align-your-steps.ts'
import type { Schedule } from './level.ts'
import type { Rounding, Terminal } from './levels.ts'
import type { OptionSpec, OptionValue } from './option.ts'
import { exponential, karras, type SigmaOptions } from './sigmas.ts'
import { leading, linspace, trailing } from './spacing.ts'

export { didYouMean, OptionError, type OptionSpec, type OptionValue, readOptions } from './option.ts'

/** One schedule as the command line, the demo and the tables know it. */
export type ScheduleRow = {
  readonly name: string
  readonly help: string
  readonly options: Readonly<Record<string, OptionSpec>>
  /** From options that `readOptions` has checked. */
  create(options: Readonly<Record<string, OptionValue>>): Schedule
  /** What other programs call it. */
  readonly aliases: readonly string[]
  readonly paper?: string
  /** The settings of a diffusers scheduler that mean this schedule. */
  readonly diffusers?: Readonly<Record<string, unknown>>
}

const terminal: OptionSpec = {
  type: 'choice',
  default: 'zero',
  choices: ['zero', 'first'],
  help: "where it ends: no noise, or the model's cleanest level",
}
const rounding: OptionSpec = {
  type: 'choice',
  default: 'none',
  choices: ['none', 'nearest', 'down'],
  help: 'how the timesteps told to the network are rounded',
}
const offset: OptionSpec = { type: 'number', default: 0, help: 'added to each timestep' }
const extra: OptionSpec = {
  type: 'boolean',
  default: false,
  help: 'divide into one part more and leave out the cleanest',
}
const round: OptionSpec = { type: 'boolean', default: true, help: 'whole timesteps only' }
const sigma = (help: string): OptionSpec => ({ type: 'number', minimum: 1e-9, help })
const ends = {
  sigmaMin: sigma("lowest sigma/alpha, the model's own where absent"),
  sigmaMax: sigma("highest sigma/alpha, the model's own where absent"),
}

const noKarras = {
  use_karras_sigmas: false,
  use_exponential_sigmas: false,
  use_beta_sigmas: false,
  use_lu_lambdas: false,
}
const ays = 'arXiv:2404.14507'

/** Every schedule, by name. */
export const scheduleCatalogue: readonly ScheduleRow[] = [
  {
    name: 'leading',
    help: 'every k-th timestep from the clean end',
    options: { offset, extra, terminal },
    create: options => leading(options as Parameters<typeof leading>[0]),
    aliases: ['ddim_uniform', 'ddim'],
    paper: 'arXiv:2305.08891',
    diffusers: { timestep_spacing: 'leading', ...noKarras },
  },
  {
    name: 'trailing',
    help: 'evenly from the noisiest timestep, the clean end left out',
    options: { offset, round, terminal },
    create: options => trailing(options as Parameters<typeof trailing>[0]),
    aliases: ['sgm_uniform'],
    paper: 'arXiv:2305.08891',
    diffusers: { timestep_spacing: 'trailing', ...noKarras },
  },
  {
    name: 'linspace',
    help: 'evenly from the noisiest timestep to the cleanest',
    options: { extra, round, terminal },
    create: options => linspace(options as Parameters<typeof linspace>[0]),
    aliases: ['normal'],
    paper: 'arXiv:2305.08891',
    diffusers: { timestep_spacing: 'linspace', ...noKarras },
  },
  {
    name: 'karras',
    help: 'evenly in sigma^(1/rho)',
    options: {
      rho: { type: 'number', default: 7, minimum: 0.01, help: 'larger: more steps at low noise' },
      ...ends,
      rounding,
      terminal,
    },
    create: options => karras(options as SigmaOptions),
    aliases: ['karras'],
    paper: 'arXiv:2206.00364',
    diffusers: { ...noKarras, use_karras_sigmas: true },
  },
  {
    name: 'exponential',
    help: 'evenly in ln sigma',
    options: { ...ends, rounding, terminal },
    create: options => exponential(options as SigmaOptions),
    aliases: ['exponential'],
    diffusers: { ...noKarras, use_exponential_sigmas: true },
  },
  table('ays-sd15', sd15, 'Stable Diffusion 1.5'),
  table('ays-sdxl', sdxl, 'Stable Diffusion XL'),
  table('ays-deepfloyd', deepFloyd, 'DeepFloyd IF'),
  table('ays-svd', svd, 'Stable Video Diffusion'),
]

function table(name: string, values: readonly number[], model: string): ScheduleRow {
  return {
    name,
    help: `Align Your Steps, optimised for ${model}`,
    options: { rounding, terminal: { ...terminal, choices: ['zero', 'first', 'table'] } },
    create: options => alignYourSteps(values, options as { terminal?: Terminal | 'table'; rounding?: Rounding }),
    aliases: ['align_your_steps'],
    paper: ays,
  }
}
