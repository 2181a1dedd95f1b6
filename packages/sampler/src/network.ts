import type { Cell } from '@fewstep/cachers'
import type { NoiseLevel } from '@fewstep/schedules'
import type { Call } from '@fewstep/solvers'

/**
 * The meaning of a model's output, with `x = alpha·x0 + sigma·ε`:
 * `epsilon` is `ε`; `v` is `alpha·ε − sigma·x0` (over `√(alpha² + sigma²)`); `sample` is `x0`; `flow` is `ε − x0`.
 */
export type Prediction = 'epsilon' | 'v' | 'sample' | 'flow' | Preconditioning

/**
 * Any other output F, as the weights of `x` (scaled as the process has it, and as the model gets it) and of F in the estimate of
 * `x0`: `c_skip/c_in` and `c_out` of arXiv 2206.00364 eq. 7.
 */
export type Preconditioning = (level: NoiseLevel) => readonly [ofX: number, ofOutput: number]

/** The input of one model evaluation: the same `x` with one or more conditions. */
export type NetworkCall<T, C> = {
  readonly x: T
  readonly timestep: number
  readonly level: NoiseLevel
  /** One condition without guidance or at scale 1; with guidance two, the unconditional one first. */
  readonly conditions: readonly C[]
  readonly call: Call
  /** What this evaluation may reuse, where the run has a timetable. */
  readonly cell?: Cell
}

/**
 * The model as a function: one output for each condition, in order. It may evaluate the conditions in one batch or one after the
 * other. The caller owns the outputs and disposes them.
 */
export type Network<T, C> = (question: NetworkCall<T, C>) => readonly T[] | Promise<readonly T[]>
