import type { NoiseLevel, Process } from '@fewstep/schedules'

/**
 * How an evaluation's result is used: the denoised estimate `D`, the noise `(x − alpha·D)/sigma` that belongs to it, the
 * noise as it was before the estimate was clipped (the same where nothing clips), or the denoised estimate without guidance.
 */
export type View = 'data' | 'noise' | 'raw-noise' | 'unconditional'

/** What a weight in a {@link Combination} multiplies. */
export type Slot =
  /** `x` at the step's `from`, the same for the whole step. */
  | { readonly kind: 'state' }
  /** An evaluation's result; `index` counts over the whole plan, and only earlier evaluations may be named. */
  | { readonly kind: 'evaluation'; readonly index: number; readonly view: View }
  /** Standard normal noise; `index` counts over the step's own draws. */
  | { readonly kind: 'draw'; readonly index: number }

/** A weighted sum of slots. */
export type Combination = readonly { readonly slot: Slot; readonly weight: number }[]

/** One model evaluation: at `level`, on `input`. */
export type Evaluation = { readonly level: NoiseLevel; readonly input: Combination }

/** One draw of standard normal noise that stands for the Brownian increment between two levels. */
export type Draw = { readonly from: NoiseLevel; readonly to: NoiseLevel }

/** One move of a solver. */
export type Step = {
  readonly from: NoiseLevel
  readonly to: NoiseLevel
  /** Made at the step's start, in order, even where a weight is zero. */
  readonly draws: readonly Draw[]
  /** The first step has at least one; later ones may have none. */
  readonly evaluations: readonly Evaluation[]
  readonly output: Combination
}

/** A whole sampling run as numbers: what {@link run} executes. It is JSON. */
export type Plan = { readonly steps: readonly Step[] }

/** From noise levels to a plan. */
export type Solver = {
  readonly name: string
  /**
   * The method's order of convergence: the global one, for stochastic solvers the weak one of mean and variance. A multistep
   * method that starts by itself has a lower one, unless it has a start that keeps it (`fullStart`).
   */
  readonly order: number
  /**
   * @param levels from noisy to clean, strictly falling in `sigma/alpha`
   * @param process needed by solvers that evaluate between the given levels, to tell the network a timestep there
   */
  plan(levels: readonly NoiseLevel[], process?: Process): Plan
}
