import {
  alignYourSteps,
  deepFloyd,
  deepFloydTimesteps,
  sd15,
  sd15Timesteps,
  sdxl,
  sdxlTimesteps,
  svd,
} from './align-your-steps.ts'
import { beta, betaTimestep } from './beta.ts'
import { distilled } from './distilled.ts'
import { flowUniform, linearQuadratic } from './flow-sigmas.ts'
import { gits } from './gits.ts'
import { givenSigmas, givenTimesteps } from './given.ts'
import { iddpm } from './iddpm.ts'
import { klOptimal } from './kl-optimal.ts'
import { laplace } from './laplace.ts'
import type { Schedule } from './level.ts'
import type { OptionSpec, OptionValue } from './option.ts'
import { exponential, karras, polyexponential, type SigmaOptions } from './sigmas.ts'
import { leading, linspace, sgmUniform, simple, trailing } from './spacing.ts'
import { vp } from './vp.ts'

export { didYouMean, NamedOptionError, nearest, type OptionSpec, type OptionValue, readOptions } from './option.ts'

/** One schedule for the command line, the demo and the tables. */
export type ScheduleRow = {
  readonly name: string
  readonly help: string
  readonly options: Readonly<Record<string, OptionSpec>>
  /**
   * Creates the schedule from options that `readOptions` has checked. If it has `sigmaMin` and `sigmaMax`, they come from the
   * schedule `within` by default.
   */
  create(options: Readonly<Record<string, OptionValue>>, within?: Schedule): Schedule
  /** Its names in other programs. */
  readonly aliases: readonly string[]
  readonly paper?: string
  /** The settings of a diffusers scheduler that mean this schedule. */
  readonly diffusers?: Readonly<Record<string, unknown>>
}

const terminal: OptionSpec = {
  type: 'choice',
  default: 'zero',
  choices: ['zero', 'first'],
  help: "where the run ends: without noise, or at the model's cleanest level",
}
const rounding: OptionSpec = {
  type: 'choice',
  default: 'none',
  choices: ['none', 'nearest', 'down', 'snap'],
  help: 'how the timesteps that the model gets are rounded; snap rounds the levels too',
}
const offset: OptionSpec = { type: 'number', default: 0, help: 'added to each timestep' }
const extra: OptionSpec = {
  type: 'boolean',
  default: false,
  help: 'divide into one more part and leave out the cleanest level',
}
const round: OptionSpec = { type: 'boolean', default: true, help: 'round timesteps to whole numbers' }
const sigma = (help: string): OptionSpec => ({ type: 'number', minimum: 1e-9, help })
const ends = {
  sigmaMin: sigma("lowest sigma/alpha; by default the model's"),
  sigmaMax: sigma("highest sigma/alpha; by default the model's"),
}

const positive = (value: number, help: string): OptionSpec => ({ type: 'number', default: value, minimum: 1e-9, help })
const inner = (help: string): OptionSpec => ({ type: 'number', minimum: 1e-9, maximum: 1 - 1e-9, help })
const shape = { a: positive(0.6, "the Beta law's first shape"), b: positive(0.6, 'its second') }

/** `14.6/6.4/2.1` */
function numbers({ list = '' }: Readonly<Record<string, OptionValue>>): readonly number[] {
  const words = String(list).split(/[\s/;]+/)
  return words.filter(word => word !== '').map(Number)
}

/** Checked options, with the schedule that gives the ends. */
function sigmaOptions(options: Readonly<Record<string, OptionValue>>, within: Schedule | undefined): SigmaOptions {
  return { ...(options as SigmaOptions), ...(within === undefined ? {} : { within }) }
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
    aliases: [],
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
    name: 'distilled',
    help: 'the timesteps that a consistency model was distilled at',
    options: {
      original: { type: 'integer', default: 50, minimum: 1, help: 'how many timesteps the model was distilled at' },
      terminal,
    },
    create: options => distilled(options as Parameters<typeof distilled>[0]),
    aliases: ['lcm'],
    paper: 'arXiv:2310.04378',
  },
  {
    name: 'karras',
    help: 'evenly in sigma^(1/rho)',
    options: {
      rho: { type: 'number', default: 7, minimum: 0.01, help: 'larger values put more steps at low noise' },
      ...ends,
      rounding,
      terminal,
    },
    create: (options, within) => karras(sigmaOptions(options, within)),
    aliases: ['karras'],
    paper: 'arXiv:2206.00364',
    diffusers: { ...noKarras, use_karras_sigmas: true },
  },
  {
    name: 'exponential',
    help: 'evenly in ln sigma',
    options: { ...ends, rounding, terminal },
    create: (options, within) => exponential(sigmaOptions(options, within)),
    aliases: ['exponential', 'lu_lambdas', 'logsnr', 've'],
    diffusers: { ...noKarras, use_exponential_sigmas: true },
  },
  {
    name: 'polyexponential',
    help: 'evenly in a power of ln sigma',
    options: { rho: positive(1, 'larger: more steps at low noise'), ...ends, rounding, terminal },
    create: (options, within) => polyexponential(sigmaOptions(options, within)),
    aliases: ['polyexponential'],
  },
  {
    name: 'beta',
    help: 'quantiles of a Beta distribution in sigma',
    options: { ...shape, ...ends, rounding, terminal },
    create: (options, within) => beta(sigmaOptions(options, within)),
    aliases: [],
    paper: 'arXiv:2407.12173',
    diffusers: { ...noKarras, use_beta_sigmas: true },
  },
  {
    name: 'beta-timestep',
    help: 'quantiles of a Beta distribution in timesteps',
    options: { ...shape, round, terminal },
    create: options => betaTimestep(options as Parameters<typeof betaTimestep>[0]),
    aliases: ['beta'],
    paper: 'arXiv:2407.12173',
  },
  {
    name: 'kl-optimal',
    help: "evenly in the arc tangent of sigma: Euler's best on Gaussian data",
    options: { dataDeviation: positive(1, 'standard deviation of the data'), ...ends, rounding, terminal },
    create: (options, within) => klOptimal(sigmaOptions(options, within)),
    aliases: ['kl_optimal', 'cosine'],
    paper: ays,
  },
  {
    name: 'laplace',
    help: 'quantiles of a Laplace distribution in ln sigma',
    options: {
      mu: { type: 'number', default: 0, help: 'ln sigma around which most steps lie' },
      scale: positive(0.5, 'how far they spread'),
      ...ends,
      rounding,
      terminal,
    },
    create: (options, within) => laplace(sigmaOptions(options, within)),
    aliases: ['laplace'],
    paper: 'arXiv:2407.03297',
  },
  {
    name: 'vp',
    help: 'evenly in the time of the continuous variance preserving process',
    options: {
      betaD: positive(19.9, 'growth of its beta'),
      betaMin: positive(0.1, 'its beta at 0'),
      ...ends,
      rounding,
      terminal,
    },
    create: (options, within) => vp(sigmaOptions(options, within)),
    aliases: ['vp'],
    paper: 'arXiv:2206.00364',
  },
  {
    name: 'iddpm',
    help: 'evenly in the steps of improved DDPM',
    options: { ...ends, rounding, terminal },
    create: (options, within) => iddpm(sigmaOptions(options, within)),
    aliases: ['iddpm'],
    paper: 'arXiv:2206.00364',
  },
  {
    name: 'simple',
    help: 'evenly from the noisiest timestep, rounded towards noise',
    options: { terminal },
    create: options => simple(options as Parameters<typeof simple>[0]),
    aliases: ['simple'],
  },
  {
    name: 'sgm-uniform',
    help: 'evenly from the noisiest timestep, unrounded, the cleanest left out',
    options: { terminal },
    create: options => sgmUniform(options as Parameters<typeof sgmUniform>[0]),
    aliases: ['sgm_uniform'],
  },
  {
    name: 'flow-uniform',
    help: 'evenly in the sigma of flow matching, shifted',
    options: {
      shift: positive(1, 'larger: more steps at high noise'),
      shiftTerminal: inner('last noisy sigma'),
      terminal,
    },
    create: options => flowUniform(options as Parameters<typeof flowUniform>[0]),
    aliases: ['normal'],
    paper: 'arXiv:2403.03206',
  },
  {
    name: 'linear-quadratic',
    help: 'half of the steps evenly at high noise, the rest along a parabola',
    options: { threshold: { ...inner('the part of the way that the first half goes'), default: 0.025 }, terminal },
    create: options => linearQuadratic(options as Parameters<typeof linearQuadratic>[0]),
    aliases: ['linear_quadratic'],
  },
  {
    name: 'given-sigmas',
    help: 'a list of sigma/alpha',
    options: {
      list: { type: 'string', default: '', help: 'numbers with / between them, noisy first' },
      rounding,
      terminal,
    },
    create: options => givenSigmas(numbers(options), options as Parameters<typeof givenSigmas>[1]),
    aliases: ['sigmas'],
  },
  {
    name: 'given-timesteps',
    help: 'a list of timesteps',
    options: { list: { type: 'string', default: '', help: 'numbers with / between them, noisy first' }, terminal },
    create: options => givenTimesteps(numbers(options), options as Parameters<typeof givenTimesteps>[1]),
    aliases: ['timesteps'],
  },
  {
    name: 'gits',
    help: 'tables with the least truncation error on Stable Diffusion 1.5',
    options: { rounding, terminal },
    create: options => gits(options as Parameters<typeof gits>[0]),
    aliases: ['gits', 'align_your_steps_gits'],
    paper: 'arXiv:2405.11326',
  },
  table('ays-sd15', 'Stable Diffusion 1.5', sd15, sd15Timesteps),
  table('ays-sdxl', 'Stable Diffusion XL', sdxl, sdxlTimesteps),
  table('ays-deepfloyd', 'DeepFloyd IF', deepFloyd, deepFloydTimesteps),
  table('ays-svd', 'Stable Video Diffusion', svd),
]

function table(
  name: string,
  model: string,
  sigmas: readonly number[],
  timesteps: readonly number[] = sigmas,
): ScheduleRow {
  const units: OptionSpec = {
    type: 'choice',
    default: 'sigma',
    choices: ['sigma', 'timestep'],
    help: 'take the published sigmas, or the levels at the published timesteps',
  }
  return {
    name,
    help: `Align Your Steps, optimised for ${model}`,
    options: {
      rounding,
      terminal: { ...terminal, choices: ['zero', 'first', 'table'] },
      ...(timesteps === sigmas ? {} : { unit: units }),
    },
    create: options =>
      alignYourSteps(options.unit === 'timestep' ? timesteps : sigmas, options as Parameters<typeof alignYourSteps>[1]),
    aliases: ['align_your_steps'],
    paper: ays,
  }
}
