/** What one call computes, and what it takes from earlier calls. */
export type Cell = {
  readonly step: number
  readonly stage: number
  readonly evaluation: number
  /** The network's whole output: computed, or forecast from earlier ones without any call. */
  readonly output: 'compute' | 'forecast'
  /** Deep features of a U-Net (DeepCache); `decide`: one or the other, which only the call itself will tell. */
  readonly deep: 'compute' | 'reuse' | 'decide'
  /** Outputs of the cross-attentions (T-GATE): computed, computed and kept for later, or the kept ones. */
  readonly cross: 'compute' | 'keep' | 'reuse'
  /** Outputs of the self-attentions (T-GATE's second version). */
  readonly self: 'compute' | 'keep' | 'reuse'
  /**
   * The conditions that are asked: both, guided; the prompt's alone, unguided; or the prompt's alone, guided by an earlier
   * call's difference.
   */
  readonly guidance: 'both' | 'alone' | 'kept'
}

/** A cell for every call of a run, known before the first one. */
export type Timetable = readonly Cell[]
