import type { NoiseLevel, Process, Schedule } from '@fewstep/schedules'
import type { OptionValue } from '@fewstep/schedules/catalogue'
import type { Prediction } from '../../network.ts'
import type { Threshold } from '../../threshold.ts'
import type { Choice } from '../choice.ts'
import type { Options } from '../config.ts'

/** How a scheduler class of diffusers reads its configuration. */
export type SchedulerClass = {
  readonly name: string
  /** Whether its models have a table of betas, so that the other such classes support them as well. */
  readonly table: boolean
  /** The class's defaults where they differ from the usual ones. */
  readonly defaults: Readonly<Record<string, unknown>>
  /** Options of other classes that this class ignores. */
  readonly foreign?: readonly string[]
  /** Options that are supported with these values only; absent options have the first value. */
  readonly only: Readonly<Record<string, readonly unknown[]>>
  /** The threshold for each estimate of `x0`. */
  threshold?(options: Options): Threshold | undefined
  /** The options with the assumptions of a solver that is chosen by name. */
  named?(options: Options, method: string): Options
  process(options: Options): Process
  prediction(options: Options): Prediction
  /** The name of its solver in the catalogue. */
  method(options: Options): string
  /** The solver's options from the configuration, where they differ from the solver's defaults. */
  solverOptions(options: Options): Readonly<Record<string, OptionValue>>
  /** The chosen schedule with the class's conventions, or else the configured schedule. */
  schedule(options: Options, chosen: Choice | undefined): Schedule
  /** The factor for standard normal noise that gives `x` at the first level. */
  initialScale(options: Options, levels: readonly NoiseLevel[]): number
}
