import type { Evaluation, Solver, Step } from './plan.ts'
import { checkLevels, firstOrder, transfer, unchanged } from './weights.ts'

/**
 * Heun's method on `dx̂/dρ = ε` (arXiv 2206.00364 algorithm 1): an Euler step, then the mean of the slopes at both ends.
 * A step to sigma 0, or from alpha 0, is Euler's. `2·steps − 1` calls where the last level is clean.
 */
export function heun(): Solver {
  return {
    name: 'heun',
    order: 2,
    plan(levels) {
      checkLevels('heun', levels)
      let index = 0
      const steps = levels.slice(1).map((to, i): Step => {
        const from = levels[i]!
        const first: Evaluation = { level: from, input: unchanged }
        if (to.sigma === 0 || from.alpha === 0) {
          index += 1
          return { from, to, draws: [], evaluations: [first], output: firstOrder(from, to, index - 1) }
        }
        const output = transfer(from, to, [
          [0.5, index],
          [0.5, index + 1],
        ])
        index += 2
        return {
          from,
          to,
          draws: [],
          evaluations: [first, { level: to, input: transfer(from, to, [[1, index - 2]]) }],
          output,
        }
      })
      return { steps }
    },
  }
}
