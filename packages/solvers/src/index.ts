export { checkPlan, PlanError, type PlanUse } from './check-plan.ts'
export { ddim } from './ddim.ts'
export { dpmpp2m } from './dpmpp-2m.ts'
export { euler } from './euler.ts'
export { eulerAncestral } from './euler-ancestral.ts'
export { heun } from './heun.ts'
export type { Combination, Draw, Evaluation, Plan, Slot, Solver, Step, View } from './plan.ts'
export { type PndmOptions, pndm } from './pndm.ts'
export {
  type Call,
  type Denoise,
  type Denoised,
  type Noise,
  type RunOptions,
  run,
  type StepEvent,
} from './run.ts'
export { LevelsError, OptionError } from './weights.ts'
