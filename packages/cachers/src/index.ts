export { adaptiveGuidance } from './adaptive-guidance.ts'
export type {
  AdaptiveOutput,
  Attention,
  Cacher,
  DeepFeatures,
  Forecast,
  GuidanceCache,
  Reweighting,
  Wrapped,
} from './cacher.ts'
export { cacherOf, checkCachers } from './cacher-of.ts'
export { callsOf, type PlannedCall } from './calls.ts'
export type { Cell, Timetable } from './cell.ts'
export { type DeepCacheOptions, deepCache } from './deep-cache.ts'
export { type EasyCacheOptions, easyCache } from './easy-cache.ts'
export { CacherError } from './errors.ts'
export { type FirstBlockOptions, firstBlock } from './first-block.ts'
export { forecasting } from './forecasting.ts'
export { type FreeUOptions, freeU } from './free-u.ts'
export { type GuidanceIntervalOptions, guidanceInterval } from './guidance-interval.ts'
export { type GuidanceReuseOptions, guidanceReuse } from './guidance-reuse.ts'
export { nonUniformSteps } from './non-uniform.ts'
export { printTimetable } from './print.ts'
export { type SpectrumOptions, spectrum } from './spectrum.ts'
export { type TGateOptions, tGate } from './t-gate.ts'
export { type TaylorSeerOptions, taylorSeer } from './taylor-seer.ts'
export { checkUntimed, timetable } from './timetable.ts'
export { type UCacheOptions, uCache } from './u-cache.ts'
export { type Costs, shareOfWork, workOf, workOfTimetable } from './work.ts'
