import type { NoiseLevel, Process } from '@fewstep/schedules'
import { levelAt } from './between.ts'
import type { Start } from './churn.ts'
import type { Combination, Evaluation, Step } from './plan.ts'
import { nodesOf, type Tableau } from './tableau.ts'
import { after, evaluation, firstOrder, rho, state, weighted } from './weights.ts'

/**
 * One Runge–Kutta step on `dx̂/dρ = ε`, `x̂ = x/alpha`, `ρ = sigma/alpha`: stages at `ρ + c_i·(ρ' − ρ)`. A step to sigma 0, or
 * from alpha 0, is Euler's.
 *
 * @param start the step's first evaluation, with or without churn
 * @param index the number of the step's first evaluation
 */
export function rhoStep(
  solver: string,
  { level: from, input, draws }: Start,
  to: NoiseLevel,
  {
    tableau,
    index,
    process,
  }: { readonly tableau: Tableau; readonly index: number; readonly process: Process | undefined },
): Pick<Step, 'draws' | 'evaluations' | 'output'> {
  const first: Evaluation = { level: from, input }
  if (to.sigma === 0 || from.alpha === 0)
    return { draws, evaluations: [first], output: after(input, firstOrder(from, to, index)) }
  const length = rho(to) - rho(from)
  const sum = (level: NoiseLevel, weights: readonly number[]): Combination =>
    after(
      input,
      weighted(
        [level.alpha / from.alpha, state],
        ...weights.map((weight, j) => [level.alpha * length * weight, evaluation(index + j, 'noise')] as const),
      ),
    )
  const evaluations = nodesOf(tableau).map((c, i): Evaluation => {
    if (i === 0) return first
    const level = c === 0 ? from : c === 1 ? to : levelAt(solver, process, rho(from) + c * length)
    return { level, input: sum(level, tableau.a[i]!) }
  })
  return { draws, evaluations, output: sum(to, tableau.b) }
}
