import type { OptionSpec, OptionValue } from '@fewstep/schedules/catalogue'
import type { Solver } from '../plan.ts'

/** One solver as the command line, the demo and the tables know it. */
export type SolverRow = {
  /** Lower case with hyphens, as the command line takes it. */
  readonly name: string
  readonly help: string
  /** The exported function that makes it. */
  readonly factory: string
  readonly options: Readonly<Record<string, OptionSpec>>
  /** From options that `readOptions` has checked. */
  create(options: Readonly<Record<string, OptionValue>>): Solver
  /** What other programs call it. */
  readonly aliases: SolverAliases
  /**
   * The order of convergence of the method, with exact starting values and no lower order at the end: the global one of the
   * error, for stochastic solvers the weak one of mean and variance. 0 where more steps do not make the error vanish.
   */
  readonly order: number
  /** The order of a run with default options, where it is lower. */
  readonly defaultOrder?: number
  /** Model evaluations for each further interval between levels. */
  readonly calls: number
  /** Whether it draws noise with its default options. */
  readonly stochastic: boolean
  readonly paper: string
}

export type SolverAliases = {
  /** The scheduler's class. */
  readonly diffusers?: string
  /** Without its `sample_`. */
  readonly kDiffusion?: string
  readonly comfyUi?: string
  readonly a1111?: string
}
