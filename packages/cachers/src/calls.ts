import type { NoiseLevel } from '@fewstep/schedules'
import type { Plan } from '@fewstep/solvers'

/** One model evaluation of a plan, before it runs. */
export type PlannedCall = {
  readonly step: number
  readonly steps: number
  readonly stage: number
  readonly evaluation: number
  readonly level: NoiseLevel
}

/** The model evaluations of a plan, in order. */
export function callsOf(plan: Plan): readonly PlannedCall[] {
  const steps = plan.steps.length
  return plan.steps
    .flatMap(({ evaluations }, step) => evaluations.map(({ level }, stage) => ({ step, steps, stage, level })))
    .map((call, evaluation) => ({ ...call, evaluation }))
}
