import type { Cell } from '@fewstep/cachers'
import type { NoiseLevel } from '@fewstep/schedules'
import type { Call } from '@fewstep/solvers'

/**
 * What a network's output stands for, with `x = alpha·x0 + sigma·ε`:
 * `epsilon` is `ε`; `v` is `alpha·ε − sigma·x0` (over `√(alpha² + sigma²)`); `sample` is `x0`; `flow` is `ε − x0`.
 */
export type Prediction = 'epsilon' | 'v' | 'sample' | 'flow' | Preconditioning

/**
 * Any other output F, by the weights of `x` (in the process's own frame, as the network is shown it) and of F in the
 * estimate of `x0`: `c_skip/c_in` and `c_out` of arXiv 2206.00364 eq. 7.
 */
export type Preconditioning = (level: NoiseLevel) => readonly [ofX: number, ofOutput: number]

/** One question to a network: the same `x` under one or more conditions. */
export type NetworkCall<T, C> = {
  readonly x: T
  readonly timestep: number
  readonly level: NoiseLevel
  /** One under no guidance or at scale 1; unconditional first, then conditional, under guidance. */
  readonly conditions: readonly C[]
  readonly call: Call
  /** What this call may reuse, where the run has a timetable. */
  readonly cell?: Cell
}

/**
 * The bare network: one output for each condition, in order. Whether it answers them in one batched call or one after
 * the other is its own affair. The outputs belong to the caller, which disposes them.
 */
export type Network<T, C> = (question: NetworkCall<T, C>) => readonly T[] | Promise<readonly T[]>
