import type { NoiseLevel } from '@fewstep/schedules'
import type { Node } from './lambda-step.ts'
import { boundedWeights } from './nodal.ts'
import type { Combination, Evaluation, Plan, Solver, Step } from './plan.ts'
import { checkOption, evaluation, OptionError, state, unchanged, weighted } from './weights.ts'

export type FullStartOptions = {
  /** The order that the start keeps, from 1 to 10; by default the solver's. */
  readonly order?: number
}

/**
 * A start that keeps the order of a multistep method. Such a method has no earlier estimates at the beginning: its first step
 * is of first order, which leaves an error of second order in the run, whatever the order of the method. With this
 * transform, a run of a method of order `p` has order `p` from its first step on.
 *
 * The first `n = max(1, p − 2)` intervals become one step. Each sweep raises the accuracy of the estimates at these levels
 * (spectral deferred correction, Dutt, Greengard and Rokhlin 2000): with estimates `D_0 … D_m` of order `m + 1`, the
 * polynomial through them in `s = alpha/sigma` gives every state from the first one,
 * `x_j = (sigma_j/sigma_0)·x_0 + sigma_j·∫_{s_0}^{s_j} D(s) ds`, to order `m + 2`, and the model is evaluated there
 * again. All evaluations are at levels of the schedule. The start costs `n(n − 1)/2` extra evaluations: none up to order 3,
 * 1 at order 4, 3 at order 5. At orders 1 and 2 the order stays the same, and the error of the first step is smaller.
 *
 * The start ends at least two steps before the end of the run; runs of one or two steps have none.
 *
 * From a level without signal (alpha 0) the solver's later steps cannot use the first estimate, and lose an order there.
 *
 * ```ts
 * const plan = fullStart(deis({ order: 4 })).plan(levels, process) // one evaluation more than without
 * ```
 *
 * @throws OptionError where the order is not a whole number from 1 to 10, and for solvers that draw noise or do not have
 * exactly one evaluation at each level
 */
export function fullStart(solver: Solver, options: FullStartOptions = {}): Solver {
  const { order = solver.order } = options
  checkOption(`full-start-${solver.name}`, 'order', order, 1, 10, true)
  return {
    name: solver.name,
    order: solver.order,
    plan: (levels, process) => startPlan(solver.name, solver.plan(levels, process), levels, order),
  }
}

function startPlan(solver: string, plan: Plan, levels: readonly NoiseLevel[], order: number): Plan {
  // The last step may carry the noise of the first estimates to sigma 0, so it begins with an evaluation of its own state.
  const intervals = Math.min(Math.max(1, order - 2), levels.length - 3)
  if (plan.steps.some(({ draws }) => draws.length > 0))
    throw new OptionError(solver, 'start', 'lower where noise is drawn', 'full')
  if (!isMultistep(plan, levels))
    throw new OptionError(solver, 'start', 'lower for a method with other than one evaluation at each level', 'full')
  if (intervals < 1) return plan
  const { step, nodes } = startStep(levels, intervals)
  const extra = step.evaluations.length - nodes.length
  const moved = (combination: Combination): Combination =>
    combination.map(term =>
      term.slot.kind === 'evaluation'
        ? { ...term, slot: { ...term.slot, index: nodes[term.slot.index] ?? term.slot.index + extra } }
        : term,
    )
  let index = 0
  const rest = plan.steps.map((step): Step => {
    // The start has done the evaluations at its levels.
    const evaluations = step.evaluations
      .filter(() => index++ >= nodes.length)
      .map(({ level, input }) => ({ level, input: moved(input) }))
    return { ...step, evaluations, output: moved(step.output) }
  })
  return { steps: [step, ...rest.slice(intervals)] }
}

/** The step over the first intervals, and the numbers of the evaluations that stand for their levels afterwards. */
function startStep(levels: readonly NoiseLevel[], intervals: number): { step: Step; nodes: readonly number[] } {
  const evaluations: Evaluation[] = []
  const evaluate = (level: NoiseLevel, input: Combination): Node => {
    evaluations.push({ level, input })
    return { level, index: evaluations.length - 1 }
  }
  const [from, to] = [levels[0]!, levels[intervals]!]
  let nodes = [evaluate(from, unchanged)]
  const at = (j: number): Combination => integral(from, levels[j]!, nearestFirst(nodes, j))
  for (let sweep = 1; sweep <= intervals; sweep++) {
    // All states of a sweep use the estimates of the sweep before.
    const states = Array.from({ length: sweep }, (_, j) => at(j + 1))
    nodes = [nodes[0]!, ...states.map((input, j) => evaluate(levels[j + 1]!, input))]
  }
  const step = { from, to, draws: [], evaluations, output: at(intervals) }
  return { step, nodes: nodes.map(({ index }) => index) }
}

/** The nodes by their distance to level `j`, nearest first: the last ones are left out where levels nearly coincide. */
function nearestFirst(nodes: readonly Node[], j: number): readonly Node[] {
  const order = nodes.map((node, i) => ({ node, distance: Math.abs(i - j) }))
  return order.sort((a, b) => a.distance - b.distance).map(({ node }) => node)
}

/** `x_j` by the polynomial in `s = alpha/sigma` through the estimates at the nodes. */
function integral(from: NoiseLevel, to: NoiseLevel, nodes: readonly Node[]): Combination {
  const s = ({ alpha, sigma }: NoiseLevel): number => alpha / sigma
  const length = s(to) - s(from)
  const ratio = to.sigma / from.sigma
  const scale = to.alpha - from.alpha * ratio
  const weights = boundedWeights(
    nodes.map(({ level }) => (s(level) - s(from)) / length),
    count => Array.from({ length: count }, (_, k) => 1 / (k + 1)),
  )
  return weighted([ratio, state], ...weights.map((weight, k) => [scale * weight, evaluation(nodes[k]!.index)] as const))
}

/** Whether the evaluations are one at each level but the last, in order. */
function isMultistep({ steps }: Plan, levels: readonly NoiseLevel[]): boolean {
  const evaluations = steps.flatMap(step => step.evaluations)
  return (
    steps.length === levels.length - 1 &&
    evaluations.length === steps.length &&
    evaluations.every(({ level }, i) => level.sigma === levels[i]!.sigma && level.alpha === levels[i]!.alpha)
  )
}
