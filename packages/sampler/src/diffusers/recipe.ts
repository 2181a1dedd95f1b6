import { type NoiseLevel, type Process, ProcessError, type Schedule } from '@fewstep/schedules'
import type { Solver } from '@fewstep/solvers'
import type { Prediction } from '../network.ts'
import type { Threshold } from '../threshold.ts'
import { type Choice, fitting, solverOf, solverRow } from './choice.ts'
import { classNames, refusedClasses, type SchedulerClass, schedulerClass } from './classes/index.ts'
import { ConfigError, classNameOf, type Options, readConfig } from './config.ts'
import { programRecipe } from './program-recipe.ts'

/** What a scheduler configuration decides: process, prediction, schedule and solver. */
export type Recipe = {
  readonly process: Process
  readonly prediction: Prediction
  readonly schedule: Schedule
  readonly solver: Solver
  /** The denoiser's threshold for each estimate of `x0`, where the configuration has one. */
  readonly threshold?: Threshold
  /** The factor for standard normal noise that gives `x` at the first level. */
  initialScale(levels: readonly NoiseLevel[]): number
  /** For image to image: the part of a schedule to run, where that is not the last `⌊steps·strength⌋` steps. */
  cleanPart?(schedule: Schedule, strength: number): Schedule
}

/**
 * Process, prediction, schedule and solver of `Class.from_config(config)` in diffusers. With a solver by name, `Class` is the
 * class that diffusers has for it, if that class supports the model; otherwise it is the class of the configuration.
 *
 * @throws ConfigError for an unsupported class or option, ChoiceError for an unknown name or option
 * @example chooseRecipe(config, { solver: { name: 'dpmpp-2m' }, schedule: { name: 'karras', options: { rho: 7 } } })
 */
export function chooseRecipe(
  config: unknown,
  choice: { readonly solver?: Choice; readonly schedule?: Choice } = {},
): Recipe {
  const name = classNameOf(config)
  if (Object.hasOwn(refusedClasses, name)) throw new ConfigError(`_class_name: ${name} ${refusedClasses[name]}`)
  const configured = schedulerClass(name)
  const named = choice.solver === undefined ? undefined : solverRow(choice.solver.name)
  const other = named?.aliases.diffusers === undefined ? undefined : schedulerClass(named.aliases.diffusers)
  const scheduler = configured?.table !== false && other?.table === true ? other : configured
  if (scheduler === undefined)
    throw new ConfigError(`_class_name: ${name} is not one of ${classNames.join(', ')}; name a solver instead`)
  const read = readConfig(config, scheduler.defaults, scheduler.foreign)
  const { program } = choice.schedule ?? {}
  if (program !== undefined) return programRecipe(program, scheduler, read, choice)
  const options = named === undefined ? read : (scheduler.named?.(read, named.name) ?? read)
  checkOnly(scheduler, options)
  const spaced = withSpacing(options, choice.schedule?.name)
  const row = named ?? solverRow(scheduler.method(options))
  const threshold = scheduler.threshold?.(options)
  const classOptions = scheduler.solverOptions(options)
  return {
    process: processOf(scheduler, options),
    prediction: scheduler.prediction(options),
    solver: solverOf(
      row,
      choice.solver?.options ?? {},
      named === undefined ? classOptions : fitting(row.options, classOptions),
    ),
    schedule: scheduler.schedule(spaced, choice.schedule),
    ...(threshold === undefined ? {} : { threshold }),
    initialScale: levels => scheduler.initialScale(spaced, levels),
  }
}

/** The class's process. An invalid process is reported as an invalid configuration. */
function processOf(scheduler: SchedulerClass, options: Options): Process {
  try {
    return scheduler.process(options)
  } catch (error) {
    throw error instanceof ProcessError ? new ConfigError(error.message) : error
  }
}

/** {@link chooseRecipe} without a choice. @throws ConfigError for an unsupported class or option */
export function fromDiffusersConfig(config: unknown): Recipe {
  return chooseRecipe(config)
}

/** Puts a spacing that is chosen by name into the options, in place of the configured one. */
function withSpacing(options: Options, name: string | undefined): Options {
  const spacing = (['leading', 'trailing', 'linspace'] as const).find(each => each === name)
  return spacing === undefined ? options : { ...options, timestep_spacing: spacing }
}

function checkOnly({ name, only }: SchedulerClass, options: Options): void {
  for (const [option, values] of Object.entries(only)) {
    const value = options[option]
    const isFalse = value === null && values.includes(false)
    if (value === undefined || isFalse || values.includes(value)) continue
    throw new ConfigError(
      `${option}: ${name} is supported with ${values.map(one => JSON.stringify(one)).join(' or ')} only, got ${JSON.stringify(value)}; change it, or run that model in diffusers`,
    )
  }
}
