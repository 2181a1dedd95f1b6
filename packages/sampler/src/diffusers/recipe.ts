import { type NoiseLevel, type Process, ProcessError, type Schedule } from '@fewstep/schedules'
import type { Solver } from '@fewstep/solvers'
import type { Prediction } from '../network.ts'
import type { Threshold } from '../threshold.ts'
import { type Choice, fitting, solverOf, solverRow } from './choice.ts'
import { classNames, refusedClasses, type SchedulerClass, schedulerClass } from './classes/index.ts'
import { ConfigError, classNameOf, type Options, readConfig } from './config.ts'
import { programRecipe } from './program-recipe.ts'

/** All that a `scheduler_config.json` decides. */
export type Recipe = {
  readonly process: Process
  readonly prediction: Prediction
  readonly schedule: Schedule
  readonly solver: Solver
  /** What becomes of each estimate of `x0`, where the configuration says so: for the denoiser. */
  readonly threshold?: Threshold
  /** The factor of standard normal noise that makes `x` at the first level. */
  initialScale(levels: readonly NoiseLevel[]): number
  /** For image to image: the clean part of a schedule, where that is not the last `⌊steps·strength⌋` steps. */
  cleanPart?(schedule: Schedule, strength: number): Schedule
}

/**
 * What `Class.from_config(config)` means in diffusers, as process, prediction, schedule and solver. A solver by name
 * stands for its class there, where it has one that reads such a model; else the configuration's own class gives the
 * conventions.
 *
 * @throws ConfigError for a class or an option that it cannot honour, ChoiceError for an unknown name or option
 */
export function chooseRecipe(
  config: unknown,
  choice: { readonly solver?: Choice; readonly schedule?: Choice } = {},
): Recipe {
  const name = classNameOf(config)
  if (Object.hasOwn(refusedClasses, name)) throw new ConfigError(`_class_name: ${name} ${refusedClasses[name]}`)
  const own = schedulerClass(name)
  const named = choice.solver === undefined ? undefined : solverRow(choice.solver.name)
  const other = named?.aliases.diffusers === undefined ? undefined : schedulerClass(named.aliases.diffusers)
  const known = own?.table !== false && other?.table === true ? other : own
  if (known === undefined)
    throw new ConfigError(`_class_name: ${name} is not one of ${classNames.join(', ')}; name a solver instead`)
  const read = readConfig(config, known.defaults, known.foreign)
  const { program } = choice.schedule ?? {}
  if (program !== undefined) return programRecipe(program, known, read, choice)
  const options = named === undefined ? read : (known.named?.(read, named.name) ?? read)
  checkOnly(known, options)
  const spaced = withSpacing(options, choice.schedule?.name)
  const row = named ?? solverRow(known.method(options))
  const threshold = known.threshold?.(options)
  const said = known.solverOptions(options)
  return {
    process: processOf(known, options),
    prediction: known.prediction(options),
    solver: solverOf(row, choice.solver?.options ?? {}, named === undefined ? said : fitting(row.options, said)),
    schedule: known.schedule(spaced, choice.schedule),
    ...(threshold === undefined ? {} : { threshold }),
    initialScale: levels => known.initialScale(spaced, levels),
  }
}

/** What is wrong with a process is wrong with the configuration that describes it. */
function processOf(known: SchedulerClass, options: Options): Process {
  try {
    return known.process(options)
  } catch (error) {
    throw error instanceof ProcessError ? new ConfigError(error.message) : error
  }
}

/** {@link chooseRecipe} with nothing chosen. */
export function fromDiffusersConfig(config: unknown): Recipe {
  return chooseRecipe(config)
}

/** A spacing by name counts as the configuration's own, and so do the sigmas that it takes the place of. */
function withSpacing(options: Options, name: string | undefined): Options {
  const spacing = (['leading', 'trailing', 'linspace'] as const).find(own => own === name)
  return spacing === undefined ? options : { ...options, timestep_spacing: spacing }
}

function checkOnly({ name, only }: SchedulerClass, options: Options): void {
  for (const [option, values] of Object.entries(only)) {
    const value = options[option]
    if (value === undefined || values.includes(value)) continue
    throw new ConfigError(
      `${option}: ${name} is understood with ${values.map(one => JSON.stringify(one)).join(' or ')} only, got ${JSON.stringify(value)}; change it, or run that model in diffusers`,
    )
  }
}
