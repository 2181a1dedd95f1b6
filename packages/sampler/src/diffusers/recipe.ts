import {
  alignYourSteps,
  deepFloyd,
  exponential,
  fromBetas,
  karras,
  leading,
  linear,
  linspace,
  type NoiseLevel,
  type Process,
  type Schedule,
  scaledLinear,
  sd15,
  sdxl,
  squaredCosine,
  svd,
  type Terminal,
  trailing,
} from '@fewstep/schedules'
import { ddim, dpmpp2m, euler, eulerAncestral, heun, pndm, type Solver } from '@fewstep/solvers'
import * as v from 'valibot'
import type { Prediction } from '../network.ts'

/** All that a `scheduler_config.json` decides. */
export type Recipe = {
  readonly process: Process
  readonly prediction: Prediction
  readonly schedule: Schedule
  readonly solver: Solver
  /** The factor of standard normal noise that makes `x` at the first level. */
  initialScale(levels: readonly NoiseLevel[]): number
}

/** A solver or schedule by name, with options as text or numbers. */
export type Choice = { readonly name: string; readonly options?: Readonly<Record<string, string>> }

const Config = v.looseObject({
  _class_name: v.string(),
  num_train_timesteps: v.optional(v.pipe(v.number(), v.integer(), v.minValue(2)), 1000),
  beta_start: v.optional(v.number(), 0.0001),
  beta_end: v.optional(v.number(), 0.02),
  beta_schedule: v.optional(v.picklist(['linear', 'scaled_linear', 'squaredcos_cap_v2']), 'linear'),
  trained_betas: v.optional(v.nullable(v.array(v.number()))),
  prediction_type: v.optional(v.picklist(['epsilon', 'v_prediction', 'sample']), 'epsilon'),
  timestep_spacing: v.optional(v.picklist(['leading', 'trailing', 'linspace'])),
  steps_offset: v.optional(v.number(), 0),
  set_alpha_to_one: v.optional(v.boolean()),
  skip_prk_steps: v.optional(v.boolean(), false),
  use_karras_sigmas: v.optional(v.nullable(v.boolean()), false),
  use_exponential_sigmas: v.optional(v.nullable(v.boolean()), false),
  rescale_betas_zero_snr: v.optional(v.boolean(), false),
})

/** What differs between diffusers' scheduler classes. */
type Family = {
  readonly className: string
  readonly spacing: 'leading' | 'trailing' | 'linspace'
  /** DPM-Solver's grids have one interval more than steps. */
  readonly intervals: 'steps' | 'steps+1'
  /** The last level where `set_alpha_to_one` does not say it. */
  readonly end: (alphaToOne: boolean | undefined) => Terminal
  /** Whether the noise starts at the level's sigma for `linspace` and `trailing`. */
  readonly scaled: boolean
  /** Karras sigmas over the whole process with rounded timesteps (DPM-Solver), or over the spacing's own range. */
  readonly karras: 'process' | 'spacing' | 'none'
  /** Options of the class that are honoured at these values only; an absent option has the first. */
  readonly only: Readonly<Record<string, readonly unknown[]>>
  solver(options: Options, skipPrk: boolean): Solver
}

const pixels = { thresholding: [false], clip_sample: [false] }
const sigmas = {
  use_beta_sigmas: [false, null],
  final_sigmas_type: ['zero'],
  rescale_betas_zero_snr: [false],
  interpolation_type: ['linear'],
  timestep_type: ['discrete'],
  sigma_min: [null],
  sigma_max: [null],
}
const multistep = {
  thresholding: [false],
  solver_order: [2],
  algorithm_type: ['dpmsolver++'],
  solver_type: ['midpoint'],
  lower_order_final: [true],
  euler_at_final: [false],
  use_lu_lambdas: [false, null],
  use_beta_sigmas: [false, null],
  use_flow_sigmas: [false, null],
  use_dynamic_shifting: [false],
  final_sigmas_type: ['zero'],
  lambda_min_clipped: [Number.NEGATIVE_INFINITY, '-Infinity', '-inf', null],
  variance_type: [null],
  rescale_betas_zero_snr: [false],
}

const clean = (): Terminal => 'zero'
const sigmaFamily = {
  intervals: 'steps',
  end: clean,
  scaled: true,
  karras: 'spacing',
  spacing: 'linspace',
  only: sigmas,
} as const

/** The solvers that have a name, with the scheduler class of diffusers that each stands for. */
const families: Readonly<Record<string, Family>> = {
  pndm: {
    className: 'PNDMScheduler',
    spacing: 'leading',
    intervals: 'steps',
    scaled: false,
    karras: 'none',
    only: {},
    // PNDM's own default is false, DDIM's is true.
    end: one => (one === true ? 'zero' : 'first'),
    solver: (options, skipPrk) => pndm({ prk: options.boolean('prk') ?? !skipPrk }),
  },
  ddim: {
    className: 'DDIMScheduler',
    spacing: 'leading',
    intervals: 'steps',
    scaled: false,
    karras: 'none',
    only: pixels,
    end: one => (one === false ? 'first' : 'zero'),
    solver: options => ddim(optional({ eta: options.number('eta') })),
  },
  euler: { ...sigmaFamily, className: 'EulerDiscreteScheduler', solver: () => euler() },
  'euler-ancestral': {
    ...sigmaFamily,
    className: 'EulerAncestralDiscreteScheduler',
    karras: 'none',
    only: { rescale_betas_zero_snr: [false] },
    solver: options => eulerAncestral(optional({ eta: options.number('eta') })),
  },
  heun: {
    ...sigmaFamily,
    className: 'HeunDiscreteScheduler',
    only: { use_beta_sigmas: [false, null], clip_sample: [false] },
    solver: () => heun(),
  },
  'dpmpp-2m': {
    className: 'DPMSolverMultistepScheduler',
    spacing: 'linspace',
    intervals: 'steps+1',
    end: clean,
    scaled: false,
    karras: 'process',
    only: multistep,
    solver: () => dpmpp2m(),
  },
}

/** The names that {@link chooseRecipe} knows. */
export const solverNames: readonly string[] = Object.keys(families)
export const scheduleNames: readonly string[] = [
  'leading',
  'trailing',
  'linspace',
  'karras',
  'exponential',
  'ays-sd15',
  'ays-sdxl',
  'ays-deepfloyd',
  'ays-svd',
]

/**
 * What `Class.from_config(config)` means in diffusers, as process, prediction, schedule and solver.
 *
 * @throws ConfigError for a class or an option that it cannot honour, ChoiceError for an unknown name or option
 */
export function chooseRecipe(
  config: unknown,
  choice: { readonly solver?: Choice; readonly schedule?: Choice } = {},
): Recipe {
  const parsed = v.safeParse(Config, config)
  if (!parsed.success) {
    const [issue] = parsed.issues
    throw new ConfigError(`${issue.path?.map(({ key }) => String(key)).join('.') ?? 'the file'}: ${issue.message}`)
  }
  const c = parsed.output
  const solverName = choice.solver?.name ?? solverNames.find(name => families[name]!.className === c._class_name)
  if (solverName === undefined) {
    const known = solverNames.map(name => families[name]!.className).join(', ')
    throw new ConfigError(`_class_name ${c._class_name} is not one of ${known}; name a solver instead`)
  }
  const family = families[solverName]
  if (family === undefined) throw new ChoiceError('solver', solverName, solverNames)
  for (const [name, values] of Object.entries(family.only)) {
    const value = c[name]
    if (value === undefined || values.includes(value)) continue
    throw new ConfigError(
      `${name}: ${family.className} is understood with ${JSON.stringify(values[0])} only, got ${JSON.stringify(value)}`,
    )
  }
  const process = processOf(c)
  const solver = readOptions('solver', choice.solver, options => family.solver(options, c.skip_prk_steps))
  const end = family.end(c.set_alpha_to_one)
  // The starting noise depends on it, so a spacing by name must count as the configuration's own.
  const chosen = (['leading', 'trailing', 'linspace'] as const).find(name => name === choice.schedule?.name)
  const spacing = chosen ?? c.timestep_spacing ?? family.spacing
  const ownSpacing = spaced(spacing, { offset: c.steps_offset, end, family })
  const scheduleName =
    choice.schedule?.name ??
    (c.use_karras_sigmas === true && family.karras !== 'none'
      ? 'karras'
      : c.use_exponential_sigmas === true && family.karras !== 'none'
        ? 'exponential'
        : undefined)
  const schedule =
    scheduleName === undefined
      ? ownSpacing
      : readOptions('schedule', choice.schedule, options => named(scheduleName, options))
  return {
    process,
    solver,
    schedule,
    prediction: c.prediction_type === 'v_prediction' ? 'v' : c.prediction_type,
    initialScale: ([first]) =>
      family.scaled &&
      (scheduleName === 'trailing' ||
        scheduleName === 'linspace' ||
        (scheduleName !== 'leading' && spacing !== 'leading'))
        ? first!.sigma
        : 1,
  }

  function named(name: string, options: Options): Schedule {
    switch (name) {
      case 'leading':
      case 'trailing':
      case 'linspace':
        return spaced(name, { offset: options.number('offset') ?? c.steps_offset, end, family: family! })
      case 'karras':
      case 'exponential': {
        const range = optional({ sigmaMax: options.number('sigmaMax'), sigmaMin: options.number('sigmaMin') })
        const convention =
          family!.karras === 'spacing'
            ? { within: ownSpacing }
            : { rounding: name === 'karras' ? ('nearest' as const) : ('down' as const) }
        if (name === 'exponential') return exponential({ ...range, ...convention })
        return karras({ ...range, ...convention, ...optional({ rho: options.number('rho') }) })
      }
      default: {
        const table = { 'ays-sd15': sd15, 'ays-sdxl': sdxl, 'ays-deepfloyd': deepFloyd, 'ays-svd': svd }[name]
        if (table === undefined) throw new ChoiceError('schedule', name, scheduleNames)
        return alignYourSteps(table)
      }
    }
  }
}

/** {@link chooseRecipe} with nothing chosen. */
export function fromDiffusersConfig(config: unknown): Recipe {
  return chooseRecipe(config)
}

function processOf(c: v.InferOutput<typeof Config>): Process {
  const options = { trainSteps: c.num_train_timesteps, zeroTerminalSnr: c.rescale_betas_zero_snr }
  const betas = { ...options, betaStart: c.beta_start, betaEnd: c.beta_end }
  if (c.trained_betas !== undefined && c.trained_betas !== null) return fromBetas(c.trained_betas, options)
  return c.beta_schedule === 'linear'
    ? linear(betas)
    : c.beta_schedule === 'scaled_linear'
      ? scaledLinear(betas)
      : squaredCosine(options)
}

function spaced(
  name: Family['spacing'],
  { offset, end, family }: { offset: number; end: Terminal; family: Family },
): Schedule {
  const extra = family.intervals === 'steps+1'
  if (name === 'trailing') return trailing({ terminal: end })
  if (name === 'leading') return leading({ offset, terminal: end, extra })
  return linspace({ terminal: end, extra, round: !family.scaled })
}

/** Options as text; each may be read once, and what nobody read is unknown. */
type Options = { number(name: string): number | undefined; boolean(name: string): boolean | undefined }

function readOptions<R>(kind: string, choice: Choice | undefined, make: (options: Options) => R): R {
  const given = choice?.options ?? {}
  const known: string[] = []
  const read = (name: string): string | undefined => {
    known.push(name)
    return given[name]
  }
  const made = make({
    number(name) {
      const text = read(name)
      if (text === undefined) return undefined
      const value = Number(text)
      if (text.trim() === '' || !Number.isFinite(value))
        throw new ChoiceError(`${choice!.name}: the value of ${name}`, text, ['a number'])
      return value
    },
    boolean(name) {
      const text = read(name)
      if (text === undefined || text === 'true' || text === 'false')
        return text === undefined ? undefined : text === 'true'
      throw new ChoiceError(`${choice!.name}: the value of ${name}`, text, ['true', 'false'])
    },
  })
  const stranger = Object.keys(given).find(name => !known.includes(name))
  if (stranger !== undefined) throw new ChoiceError(`option of the ${kind} ${choice!.name}`, stranger, known)
  return made
}

function optional<O extends Readonly<Record<string, number | undefined>>>(options: O): { [K in keyof O]?: number } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof O]?: number
  }
}

export class ConfigError extends Error {
  override readonly name = 'Sampler.ConfigError'
  constructor(problem: string) {
    super(`scheduler_config.json: ${problem}`)
  }
}

export class ChoiceError extends Error {
  override readonly name = 'Sampler.ChoiceError'
  constructor(subject: string, got: string, known: readonly string[]) {
    const near = [...known].sort((a, b) => distance(a, got) - distance(b, got))[0]
    const hint = near !== undefined && distance(near, got) <= 3 ? `; did you mean ${near}?` : ''
    super(`${subject}: ${got} is unknown${hint} (known: ${known.join(', ') || 'none'})`)
  }
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length]!
}
