export { type AdaptiveRunOptions, type AdaptiveSolver, isAdaptive, runAdaptive } from './adaptive.ts'
export { dpmpp2mCfgPp, eulerAncestralCfgPp, eulerCfgPp } from './cfg-pp.ts'
export { checkPlan, PlanError, type PlanUse } from './check-plan.ts'
export type { ChurnOptions } from './churn.ts'
export { consistency } from './consistency.ts'
export { type CorrectedOptions, corrected } from './corrected.ts'
export { ddim } from './ddim.ts'
export { type DdpmVariance, ddpm } from './ddpm.ts'
export { type DeisOptions, deis } from './deis.ts'
export { dpm2, dpm2Ancestral } from './dpm-2.ts'
export { type DpmAdaptiveOptions, dpmAdaptive } from './dpm-adaptive.ts'
export { dpmFast } from './dpm-fast.ts'
export { type Dpm3mOptions, type DpmOptions, dpm2m, dpm3m, dpmpp2m, dpmpp3m } from './dpm-multistep.ts'
export {
  type Dpm3mSdeOptions,
  type DpmSdeOptions,
  dpm1Sde,
  dpm2mSde,
  dpmpp1Sde,
  dpmpp2mSde,
  dpmpp3mSde,
} from './dpm-multistep-sde.ts'
export {
  dpm2s,
  dpm3s,
  dpmpp2s,
  dpmpp3s,
  type SinglestepOptions,
  type StochasticSinglestepOptions,
} from './dpm-singlestep.ts'
export { dpmpp2sAncestral } from './dpmpp-2s-ancestral.ts'
export { dpmppSde, type StagedSdeOptions, seeds2, seeds3 } from './dpmpp-sde.ts'
export { type EdmAblationOptions, edmAblation } from './edm-ablation.ts'
export { type EdmOptions, edmSolver } from './edm-solver.ts'
export { type ErSdeOptions, erSde } from './er-sde.ts'
export { type EulerOptions, euler } from './euler.ts'
export { eulerAncestral } from './euler-ancestral.ts'
export { flowHeun } from './flow-heun.ts'
export { type FullStartOptions, fullStart } from './full-start.ts'
export { gradientEstimation } from './gradient-estimation.ts'
export { heun } from './heun.ts'
export { heunpp2 } from './heunpp2.ts'
export { ipndm } from './ipndm.ts'
export { ipndmV } from './ipndm-v.ts'
export { lcm } from './lcm.ts'
export { lms } from './lms.ts'
export type { Combination, Draw, Evaluation, Plan, Slot, Solver, Step, View } from './plan.ts'
export { fpndm, pndm, spndm } from './pndm.ts'
export { printPlan } from './print-plan.ts'
export { type ResMultistepOptions, resMultistep } from './res-multistep.ts'
export {
  eulerTableau,
  heun3Tableau,
  heunTableau,
  houwenTableau,
  kuttaTableau,
  ralston3Tableau,
  rhoRk,
  rk4Tableau,
  ssprk3Tableau,
} from './rho-rk.ts'
export {
  type Call,
  type Denoise,
  type Denoised,
  type Noise,
  type RunOptions,
  run,
  type StepEvent,
} from './run.ts'
export { type SaSolverOptions, saSolver } from './sa-solver.ts'
export { integral, pid, type StepControl, type Verdict } from './step-control.ts'
export { AdaptiveError, elementwiseError, type StepError, type Tolerance } from './step-error.ts'
export { type Tableau, TableauError } from './tableau.ts'
export { tcd } from './tcd.ts'
export { type UnipcOptions, type UnipOptions, unip, unipc } from './unipc.ts'
export { LevelsError, OptionError } from './weights.ts'
