import type { OptionSpec, OptionValue } from '@fewstep/schedules/catalogue'
import type { Solver } from '../plan.ts'

/** One solver for the command line, the demo and the tables. */
export type SolverRow = {
  /** The name on the command line: lower case with hyphens. */
  readonly name: string
  readonly help: string
  /** The exported function that creates it. */
  readonly factory: string
  readonly options: Readonly<Record<string, OptionSpec>>
  /** Creates the solver from options that `readOptions` has checked. */
  create(options: Readonly<Record<string, OptionValue>>): Solver
  /** Its names in other programs. */
  readonly aliases: SolverAliases
  /**
   * The order of convergence of the method, with exact starting values and no lower order at the end: the global
   * order, for stochastic solvers the weak order of mean and variance. 0 where the error does not vanish with more steps.
   */
  readonly order: number
  /** The order of a run with default options, where it is lower. */
  readonly defaultOrder?: number
  /** Model evaluations for each further interval between levels. */
  readonly calls: number
  /** Whether it draws noise with default options. */
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
