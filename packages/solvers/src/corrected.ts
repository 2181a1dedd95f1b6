import { type LambdaStepOptions, lambdaStep, type Node } from './lambda-step.ts'
import type { Evaluation, Plan, Solver, Step } from './plan.ts'
import { checkChoice, checkOption, OptionError } from './weights.ts'

export type CorrectedOptions = {
  /** How many earlier estimates the corrector uses, from 1 to 9; by default the solver's order. */
  readonly order?: number
  /** Whether the polynomial goes through estimates of data or of noise. */
  readonly view?: 'data' | 'noise'
}

/**
 * UniC (arXiv 2302.04867 algorithm 1) after any deterministic solver, at no extra evaluation. The evaluation that begins the
 * next step takes this step's result; then the step is computed again as the integral of the polynomial in λ through that
 * estimate and the earlier ones. The order is one more than the solver's, unless the corrector's is lower.
 *
 * It only changes plans: a step gets a new output where the next one begins with an evaluation of the state (all steps but
 * the last, and those that PECE-like methods have corrected already). The evaluations keep their number and order.
 *
 * @throws OptionError where the solver draws noise
 */
export function corrected(solver: Solver, options: CorrectedOptions = {}): Solver {
  const { order = solver.order, view = 'data' } = options
  const name = `corrected-${solver.name}`
  checkOption(name, 'order', order, 1, 9, true)
  checkChoice(name, 'view', view, ['data', 'noise'])
  return {
    name,
    order: Math.min(solver.order, order) + 1,
    plan: (levels, process) => correctPlan(solver.name, solver.plan(levels, process), () => ({ order, view })),
  }
}

export type Corrector = LambdaStepOptions & { readonly order: number }

/** {@link corrected}, with a separate corrector (or none) for each step. */
export function correctPlan(solver: string, plan: Plan, correctorOf: (step: number) => Corrector | undefined): Plan {
  if (plan.steps.some(({ draws }) => draws.length > 0))
    throw new OptionError('corrected', solver, 'deterministic, so that its earlier estimates fit', 'a plan with draws')
  let past: readonly Node[] = []
  let index = 0
  /** The first evaluation of a step, where the step before has done it. */
  let doneBefore: Evaluation | undefined
  return {
    steps: plan.steps.map((step, number): Step => {
      const evaluations = step.evaluations.filter(evaluation => evaluation !== doneBefore)
      if (doneBefore === undefined && isOnState(evaluations[0]))
        past = [{ level: evaluations[0]!.level, index }, ...past]
      index += evaluations.length
      doneBefore = undefined
      const lead = plan.steps[number + 1]?.evaluations[0]
      const corrector = correctorOf(number)
      if (corrector === undefined || !isOnState(lead) || step.from.alpha === 0 || past.length === 0)
        return { ...step, evaluations }
      doneBefore = lead!
      const { order, ...options } = corrector
      const node = { level: lead!.level, index }
      const [newest, ...older] = past.slice(0, order)
      past = [node, ...past]
      index += 1
      return {
        ...step,
        evaluations: [...evaluations, { level: lead!.level, input: step.output }],
        output: lambdaStep(step.from, step.to, [newest!, node, ...older], options),
      }
    }),
  }
}

function isOnState(evaluation: Evaluation | undefined): boolean {
  const [term, ...others] = evaluation?.input ?? []
  return term?.slot.kind === 'state' && term.weight === 1 && others.length === 0
}
