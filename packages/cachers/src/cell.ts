/** What one model evaluation computes, and what it reuses from earlier ones. */
export type Cell = {
  readonly step: number
  readonly stage: number
  readonly evaluation: number
  /** The model's output: computed, or forecast from earlier outputs without an evaluation. */
  readonly output: 'compute' | 'forecast'
  /** Deep features of a U-Net (DeepCache). `decide`: the evaluation itself decides whether to compute or to reuse. */
  readonly deep: 'compute' | 'reuse' | 'decide'
  /** Outputs of the cross-attentions (T-GATE): computed, computed and kept for later, or reused. */
  readonly cross: 'compute' | 'keep' | 'reuse'
  /** Outputs of the self-attentions (T-GATE's second version). */
  readonly self: 'compute' | 'keep' | 'reuse'
  /**
   * The conditions that the model runs with. `both`: with and without the prompt, guided. `alone`: with the prompt only,
   * without guidance. `kept`: with the prompt only, guided by the difference of an earlier evaluation.
   */
  readonly guidance: 'both' | 'alone' | 'kept'
}

/** One cell per model evaluation of a run, fixed before the run starts. */
export type Timetable = readonly Cell[]
