export { type AlignOptions, alignSteps, type Sweep, subdivide } from './align-steps.ts'
export { denoiserGap, type Example } from './denoiser-gap.ts'
export { TuneError } from './errors.ts'
export { type EstimateGap, intervalKlub, type KlubOptions, klub } from './klub.ts'
