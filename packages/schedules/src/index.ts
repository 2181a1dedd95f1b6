export {
  alignYourSteps,
  deepFloyd,
  deepFloydTimesteps,
  sd15,
  sd15Timesteps,
  sdxl,
  sdxlTimesteps,
  svd,
} from './align-your-steps.ts'
export { type BetaShape, beta, betaTimestep } from './beta.ts'
export { betaCdf, betaQuantile } from './beta-distribution.ts'
export { type BetaOptions, fromBetas, linear, scaledLinear, squaredCosine } from './betas.ts'
export { appendClean, rescale, split, startAt, subset, thinned } from './combinators.ts'
export { type DiscreteProcess, discrete } from './discrete.ts'
export { distilled } from './distilled.ts'
export { edm } from './edm.ts'
export { ProcessError, ScheduleError } from './errors.ts'
export { flow } from './flow.ts'
export { flowShift, flowUniform, linearQuadratic, type ShiftOptions, shiftForTokens } from './flow-sigmas.ts'
export { gits } from './gits.ts'
export { givenSigmas, givenTimesteps } from './given.ts'
export { iddpm, iddpmSigmas } from './iddpm.ts'
export { klOptimal } from './kl-optimal.ts'
export { laplace } from './laplace.ts'
export type { NoiseLevel, Process, Schedule } from './level.ts'
export { type Rounding, roundHalfEven, type Terminal } from './levels.ts'
export { exponential, karras, polyexponential, type SigmaOptions } from './sigmas.ts'
export { leading, linspace, type SpacingOptions, sgmUniform, simple, trailing } from './spacing.ts'
export { vp } from './vp.ts'
