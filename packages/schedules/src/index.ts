export type { NoiseLevel, Process, Schedule } from './level.ts'
export {
  type BetaOptions,
  edm,
  flow,
  fromBetas,
  fromRho,
  linear,
  ProcessError,
  scaledLinear,
  squaredCosine,
} from './process.ts'
export {
  type AlignYourStepsTable,
  alignYourSteps,
  deepFloyd,
  exponential,
  karras,
  type SigmaOptions,
  SigmaRangeError,
  sd15,
  sdxl,
  svd,
} from './sigmas.ts'
export { leading, linspace, type SpacingOptions, trailing } from './spacing.ts'
export { StepsError, type Terminal } from './terminal.ts'
