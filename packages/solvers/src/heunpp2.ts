import type { NoiseLevel } from '@fewstep/schedules'
import { type ChurnOptions, checkChurn, churned } from './churn.ts'
import type { Evaluation, Solver } from './plan.ts'
import { after, checkLevels, evaluation, firstOrder, rho, state, weighted } from './weights.ts'

/**
 * ComfyUI's `heunpp2`: slopes at this level and at the next two, weighted by how far each is from the start,
 * `x̂' = x̂ + (ρ' − ρ)·((1 − w2 − w3)·ε1 + w2·ε2 + w3·ε3)`, `w_k = ρ_k/(3·ρ_0)`; the step before the last one has two slopes
 * (`w2 = ρ_2/(2·ρ_0)`), the last one is Euler's. First order: the weights are not Heun's. Three evaluations a step.
 *
 * @throws OptionError
 */
export function heunpp2(options: ChurnOptions = {}): Solver {
  const name = 'heunpp2'
  checkChurn(name, options)
  return {
    name,
    order: 1,
    plan(levels, process) {
      checkLevels(name, levels)
      const last = levels.length - 2
      let index = 0
      return {
        steps: levels.slice(1).map((to, i) => {
          const start = levels[i]!
          const { level: from, input, draws } = churned(name, { from: start, to, steps: last + 1 }, options, process)
          const ahead = from.alpha === 0 ? [] : levels.slice(i + 1, Math.min(i + 3, last + 1))
          const targets = [from, ...ahead]
          const scale = targets.length * rho(levels[0]!)
          const shares = ahead.map(level => (levels[0]!.alpha === 0 ? 0 : rho(level) / scale))
          const first = index
          index += targets.length
          const sum = (level: NoiseLevel, weights: readonly number[]) =>
            after(
              input,
              weighted(
                [level.alpha / from.alpha, state],
                ...weights.map((weight, j) => [level.alpha * weight, evaluation(first + j, 'noise')] as const),
              ),
            )
          const paths = ahead.map((_, k) => targets.slice(0, k + 1).map((at, j) => rho(ahead[j]!) - rho(at)))
          const evaluations = targets.map(
            (level, k): Evaluation => ({ level, input: k === 0 ? input : sum(level, paths[k - 1]!) }),
          )
          const length = rho(to) - rho(from)
          const rest = 1 - shares.reduce((total, share) => total + share, 0)
          const output =
            ahead.length === 0
              ? after(input, firstOrder(from, to, first))
              : sum(
                  to,
                  [rest, ...shares].map(share => share * length),
                )
          return { from: start, to, draws, evaluations, output }
        }),
      }
    },
  }
}
