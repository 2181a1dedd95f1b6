import type { NoiseLevel, Process } from '@fewstep/schedules'

/**
 * How an evaluation's result is used: the denoised estimate `D`; the noise `(x − alpha·D)/sigma` that belongs to it; the noise
 * before the estimate was clipped (the same where nothing clips); or the denoised estimate without guidance.
 */
export type View = 'data' | 'noise' | 'raw-noise' | 'unconditional'

/** What a weight in a {@link Combination} multiplies. */
export type Slot =
  /** `x` at the step's `from`, the same for the whole step. */
  | { readonly kind: 'state' }
  /** An evaluation's result; `index` counts over the whole plan, and only earlier evaluations may be named. */
  | { readonly kind: 'evaluation'; readonly index: number; readonly view: View }
  /** Standard normal noise; `index` counts over the draws of the step. */
  | { readonly kind: 'draw'; readonly index: number }

/** A weighted sum of slots. */
export type Combination = readonly { readonly slot: Slot; readonly weight: number }[]

/** One model evaluation: at `level`, on `input`. */
export type Evaluation = { readonly level: NoiseLevel; readonly input: Combination }

/** One noise draw: standard normal noise that stands for the Brownian increment between two levels. */
export type Draw = { readonly from: NoiseLevel; readonly to: NoiseLevel }

/** One step of a solver, from one level to the next. */
export type Step = {
  readonly from: NoiseLevel
  readonly to: NoiseLevel
  /** Drawn at the start of the step, in order, even where a weight is zero. */
  readonly draws: readonly Draw[]
  /** The first step has at least one; later ones may have none. */
  readonly evaluations: readonly Evaluation[]
  readonly output: Combination
}

/** A sampling run as numbers, which {@link run} executes. It can be stored as JSON. */
export type Plan = { readonly steps: readonly Step[] }

/** Turns noise levels into a plan. */
export type Solver = {
  readonly name: string
  /**
   * The method's order of convergence: the global order, for stochastic solvers the weak order of mean and variance. A run of
   * a multistep method has a lower one, unless its start keeps the order (`fullStart`).
   */
  readonly order: number
  /**
   * @param levels from noisy to clean, strictly falling in `sigma/alpha`
   * @param process needed by solvers that evaluate between the given levels, for the model's timestep there
   */
  plan(levels: readonly NoiseLevel[], process?: Process): Plan
}
