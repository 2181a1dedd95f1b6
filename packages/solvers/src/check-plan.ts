import { FewstepError } from '@fewstep/errors'
import type { Combination, Plan, View } from './plan.ts'

/** The use of a plan's results, for the loop that runs it. */
export type PlanUse = {
  /** The number of model evaluations. */
  readonly evaluations: number
  /** For each evaluation, the views of its result that the plan uses. */
  readonly views: readonly ReadonlySet<View>[]
  /** The number of the step that uses an evaluation's view last. */
  lastUse(evaluation: number, view: View): number
}

/**
 * Checks a plan and finds which results it uses, and until when.
 *
 * @throws PlanError where the plan cannot be run: it has no steps, an empty sum, a weight that is not a finite number, a
 * result used before its evaluation, or an evaluation at a level without noise
 */
export function checkPlan(plan: Plan): PlanUse {
  if (plan.steps.length === 0) throw new PlanError('the plan has no steps', 'plan at least two noise levels')
  const uses: Map<View, number>[] = []
  for (const [number, step] of plan.steps.entries()) {
    if (number === 0 && step.evaluations.length === 0)
      throw new PlanError('the first step has no evaluation', 'give it one')
    const check = (combination: Combination): void => {
      if (combination.every(({ weight }) => weight === 0))
        throw new PlanError(`step ${number} has an empty sum`, 'give it a term')
      for (const { slot, weight } of combination) {
        if (!Number.isFinite(weight))
          throw new PlanError(`step ${number} has the weight ${weight}`, 'weights must be finite numbers')
        if (slot.kind === 'draw' && step.draws[slot.index] === undefined)
          throw new PlanError(`step ${number} uses draw ${slot.index} of ${step.draws.length}`, 'declare it in draws')
        if (slot.kind !== 'evaluation' || weight === 0) continue
        const use = uses[slot.index]
        if (use === undefined)
          throw new PlanError(`step ${number} uses evaluation ${slot.index} before it is made`, 'name earlier ones')
        use.set(slot.view, number)
      }
    }
    for (const { level, input } of step.evaluations) {
      if (!(level.sigma > 0))
        throw new PlanError(`step ${number} evaluates at sigma ${level.sigma}`, 'evaluate where there is noise')
      check(input)
      uses.push(new Map())
    }
    check(step.output)
  }
  return {
    evaluations: uses.length,
    views: uses.map(use => new Set(use.keys())),
    lastUse: (evaluation, view) => uses[evaluation]!.get(view) ?? -1,
  }
}

export class PlanError extends FewstepError {
  override readonly name = 'Solvers.PlanError'
  override readonly kind = 'input'
  constructor(problem: string, remedy: string) {
    super(`run: ${problem}; ${remedy}`)
  }
}
