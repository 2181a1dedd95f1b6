import type { Denoise } from '@fewstep/solvers'
import type { TensorOps } from '@fewstep/tensor'
import type { PlannedCall } from './calls.ts'
import type { Cell } from './cell.ts'

/** Reuses the deep features of a U-Net: where the graph is cut, and when the features are computed again. */
export type DeepFeatures = {
  readonly kind: 'deep-features'
  readonly name: string
  /** The skip connection at which the graph is cut. 0 is the outermost one, with the cheapest shallow evaluation. */
  readonly branch: number
  /** 2: the full graph and its shallow part, as two graphs. 1: one graph that switches between them. */
  readonly graphs: 1 | 2
  /**
   * Makes the cache decide during the run: an evaluation that need not compute reuses the features while the relative change
   * of the first block's output (L1, against the last full pass) is below `threshold`, at most `maximum` times in a row.
   */
  readonly decides?: { readonly threshold: number; readonly maximum: number }
  /**
   * Whether an evaluation computes the features.
   *
   * @param since the step from which earlier features cannot be used, for example where guidance ended; 0 at first
   */
  computes(call: PlannedCall, since: number, calls: readonly PlannedCall[]): boolean
}

/** Reuses the outputs of attention layers. */
export type Attention = {
  readonly kind: 'attention'
  readonly name: string
  readonly selfAttention: boolean
  cell(call: PlannedCall): Pick<Cell, 'cross' | 'self'>
}

/** Leaves out the evaluation without the prompt. */
export type GuidanceCache = {
  readonly kind: 'guidance'
  readonly name: string
  cell(call: PlannedCall): Cell['guidance']
  /** Leave it out for the rest of the run once the estimates of x0 with and without the prompt differ by less than this share. */
  readonly until?: number
}

/** Forecasts the estimate of x0 as a weighted sum of earlier ones. */
export type Forecast = {
  readonly kind: 'forecast'
  readonly name: string
  /** How many earlier estimates the forecast may use. */
  readonly history: number
  forecasts(calls: readonly PlannedCall[]): readonly boolean[]
  /** Weights of the estimates at the evaluations `nodes`, oldest first, in the forecast for the evaluation `at`. */
  weights(nodes: readonly number[], at: number): readonly number[]
}

/** Decides during the run, from one number per evaluation, whether to reuse the model's output. */
export type AdaptiveOutput = {
  readonly kind: 'adaptive-output'
  readonly name: string
  wrap<T>(denoise: Denoise<T>, ops: TensorOps<T>): Wrapped<T>
}

/** Reweights features of a U-Net. It saves no evaluation; it changes the images. */
export type Reweighting = {
  readonly kind: 'reweighting'
  readonly name: string
  readonly version: 1 | 2
  /** Which up blocks count as the first and the second stage; see `freeU`. */
  readonly stage: 'block' | 'channels' | 'multiples'
  /** Factors of the backbone (b1, b2) and of the skips' low frequencies (s1, s2) at an evaluation; all 1 outside `from` to `to`. */
  factors(call: PlannedCall): { readonly b1: number; readonly b2: number; readonly s1: number; readonly s2: number }
}

/** A cache, as the option `cachers` takes it. */
export type Cacher = DeepFeatures | Attention | GuidanceCache | Forecast | AdaptiveOutput | Reweighting

/** A denoiser around another one, with tensors that it keeps between evaluations. */
export type Wrapped<T> = {
  readonly denoise: Denoise<T>
  /** How often the inner denoiser has been called so far. */
  calls(): number
  /** Frees the tensors that it keeps. */
  dispose(): void
}
