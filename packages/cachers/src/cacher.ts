import type { Denoise } from '@fewstep/solvers'
import type { TensorOps } from '@fewstep/tensor'
import type { PlannedCall } from './calls.ts'
import type { Cell } from './cell.ts'

/** Reuses the deep features of a U-Net: a cut at one skip connection, and when to compute anew. */
export type DeepFeatures = {
  readonly kind: 'deep-features'
  readonly name: string
  /** The skip connection at which the graph is cut: 0 is the outermost, and the cheapest shallow call. */
  readonly branch: number
  /** Two graphs, the whole and its shallow part, or one that switches. */
  readonly graphs: 1 | 2
  /**
   * Whether calls that need not compute decide on the way: they reuse while the relative change of the first block's output
   * (L1, against the last full pass) is below the threshold, and at most so many in a row.
   */
  readonly decides?: { readonly threshold: number; readonly maximum: number }
  /** @param since the step at which what was kept became useless, such as where guidance ended; 0 at first */
  computes(call: PlannedCall, since: number, calls: readonly PlannedCall[]): boolean
}

/** Reuses the outputs of attentions. */
export type Attention = {
  readonly kind: 'attention'
  readonly name: string
  readonly selfAttention: boolean
  cell(call: PlannedCall): Pick<Cell, 'cross' | 'self'>
}

/** Leaves out the call without the prompt. */
export type GuidanceCache = {
  readonly kind: 'guidance'
  readonly name: string
  cell(call: PlannedCall): Cell['guidance']
  /** Leave it out for good once the two estimates of x0 differ by less than this share of the prompt's. */
  readonly until?: number
}

/** Forecasts the estimate of x0 as a weighted sum of earlier ones. */
export type Forecast = {
  readonly kind: 'forecast'
  readonly name: string
  /** How many earlier estimates the forecast may use. */
  readonly history: number
  forecasts(calls: readonly PlannedCall[]): readonly boolean[]
  /** Weights of the estimates made at the calls `nodes`, oldest first, in the one at the call `at`. */
  weights(nodes: readonly number[], at: number): readonly number[]
}

/** Decides on the way, from one number a call, whether to reuse the network's whole output. */
export type AdaptiveOutput = {
  readonly kind: 'adaptive-output'
  readonly name: string
  wrap<T>(denoise: Denoise<T>, ops: TensorOps<T>): Wrapped<T>
}

/** Reweights features of a U-Net: no call is saved, images change. */
export type Reweighting = {
  readonly kind: 'reweighting'
  readonly name: string
  readonly version: 1 | 2
  /** Which up blocks count as first and second; see `freeU`. */
  readonly stage: 'block' | 'channels' | 'multiples'
  /** Factors of the backbone (b1, b2) and of the skips' low frequencies (s1, s2) at a call; all 1 outside its window. */
  factors(call: PlannedCall): { readonly b1: number; readonly b2: number; readonly s1: number; readonly s2: number }
}

/** What can be given to a run as `cachers`. */
export type Cacher = DeepFeatures | Attention | GuidanceCache | Forecast | AdaptiveOutput | Reweighting

/** A denoiser around a denoiser, with tensors of its own. */
export type Wrapped<T> = {
  readonly denoise: Denoise<T>
  /** Calls of the inner denoiser so far. */
  calls(): number
  /** Frees what was kept. */
  dispose(): void
}
