/**
 * The amounts of signal and noise: `x_t = alpha·x0 + sigma·ε`.
 *
 * Any Gaussian path: variance preserving (`alpha² + sigma² = 1`), variance exploding (`alpha = 1`), flow matching
 * (`alpha = 1 − sigma`).
 */
export type NoiseLevel = {
  readonly alpha: number
  readonly sigma: number
  /** The number that the model gets for this level; by default the process's. */
  readonly timestep?: number
}

/**
 * The process that a model was trained with: the noise level of each timestep.
 *
 * `level` and `timestep` are each other's inverse between `first` and `last`, at fractional timesteps too.
 */
export type Process = {
  level(timestep: number): NoiseLevel
  timestep(level: NoiseLevel): number
  /** The cleanest timestep. */
  readonly first: number
  /** The noisiest timestep. */
  readonly last: number
}

/** The noise levels of one sampling run. */
export type Schedule = {
  readonly name: string
  /** `steps + 1` levels from the noisiest to the clean end. */
  levels(steps: number, process: Process): readonly NoiseLevel[]
}
