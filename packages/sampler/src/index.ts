export { type DenoiserOptions, denoiser, estimate, type Guidance, GuidanceError, noiseEstimate } from './denoiser.ts'
export type { Network, NetworkCall, Prediction } from './network.ts'
export { type SampleOptions, sample } from './sample.ts'
