/**
 * How much signal and how much noise there is: `x_t = alpha·x0 + sigma·ε`.
 *
 * Any Gaussian path: variance preserving (`alpha² + sigma² = 1`), variance exploding (`alpha = 1`), flow matching
 * (`alpha = 1 − sigma`).
 */
export type NoiseLevel = {
  readonly alpha: number
  readonly sigma: number
  /** The number that the network is told for this level; where absent, the process gives it. */
  readonly timestep?: number
}

/**
 * How a model was trained: which noise level each timestep stands for.
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

/** Which noise levels one sampling run visits. */
export type Schedule = {
  readonly name: string
  /** `steps + 1` levels from the noisiest to the clean end. */
  levels(steps: number, process: Process): readonly NoiseLevel[]
}
