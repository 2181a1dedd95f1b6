export { type Denoiser, type DenoiserOptions, denoiser, type Guidance } from './denoiser.ts'
export { GuidanceError } from './guidance-error.ts'
export type { Network, NetworkCall, Preconditioning, Prediction } from './network.ts'
export {
  type BrownianOptions,
  brownianNoise,
  type Gaussian,
  independentNoise,
  NoiseError,
  type NoiseSource,
  pathTime,
} from './noise.ts'
export {
  type Coefficients,
  edmCoefficients,
  iddpmCoefficients,
  precondition,
  veCoefficients,
  vpCoefficients,
} from './precondition.ts'
export { estimate, noiseEstimate } from './prediction.ts'
export { type SampleOptions, sample, type Way } from './sample.ts'
export { clip, dynamicThreshold, type Threshold, ThresholdError } from './threshold.ts'
