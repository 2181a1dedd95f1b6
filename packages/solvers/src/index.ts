export type { Combination, Draw, Evaluation, Plan, Slot, Solver, Step, View } from './plan.ts'
export type { Call, Denoise, Denoised, Noise, RunOptions, StepEvent } from './run.ts'
