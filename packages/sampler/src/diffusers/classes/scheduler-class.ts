import type { NoiseLevel, Process, Schedule } from '@fewstep/schedules'
import type { OptionValue } from '@fewstep/schedules/catalogue'
import type { Prediction } from '../../network.ts'
import type { Threshold } from '../../threshold.ts'
import type { Choice } from '../choice.ts'
import type { Options } from '../config.ts'

/** What a scheduler class of diffusers means by its configuration. */
export type SchedulerClass = {
  readonly name: string
  /** Whether its models have a table of betas, which the other such classes can read as well. */
  readonly table: boolean
  /** The class's defaults where they are not the usual ones. */
  readonly defaults: Readonly<Record<string, unknown>>
  /** Options of other classes that it does not have, where they would count. */
  readonly foreign?: readonly string[]
  /** Options honoured at these values only; an absent option is taken for the first. */
  readonly only: Readonly<Record<string, readonly unknown[]>>
  /** What it does to each estimate of `x0`. */
  threshold?(options: Options): Threshold | undefined
  /** The options with what a method by name takes for granted. */
  named?(options: Options, method: string): Options
  process(options: Options): Process
  prediction(options: Options): Prediction
  /** Its method's name in the solvers' catalogue. */
  method(options: Options): string
  /** What the configuration says of its method's options, where that is not the method's own default. */
  solverOptions(options: Options): Readonly<Record<string, OptionValue>>
  /** The schedule that was chosen, with the class's conventions, or the configuration's own. */
  schedule(options: Options, chosen: Choice | undefined): Schedule
  /** The factor of standard normal noise that makes `x` at the first level. */
  initialScale(options: Options, levels: readonly NoiseLevel[]): number
}
