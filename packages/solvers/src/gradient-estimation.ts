import type { Solver } from './plan.ts'
import { checkLevels, checkOption, firstOrder, transfer, unchanged } from './weights.ts'

/**
 * Gradient estimation (arXiv 2306.04848 algorithm 1): Euler with the noise `ε̄ = gamma·ε + (1 − gamma)·ε_prev`. The first
 * step is Euler's, and so is a step to sigma 0. Of first order; with gamma 1.5 of second, Adams–Bashforth's.
 *
 * @throws OptionError where gamma is below 0
 */
export function gradientEstimation(options: { readonly gamma?: number } = {}): Solver {
  const { gamma = 2 } = options
  checkOption('gradient-estimation', 'gamma', gamma, 0, Number.MAX_VALUE)
  return {
    name: 'gradient-estimation',
    order: gamma === 1.5 ? 2 : 1,
    plan(levels) {
      checkLevels('gradient-estimation', levels)
      const start = levels[0]!.alpha === 0 ? 2 : 1
      return {
        steps: levels.slice(1).map((to, i) => {
          const from = levels[i]!
          const output =
            i < start || to.sigma === 0
              ? firstOrder(from, to, i)
              : transfer(from, to, [
                  [gamma, i],
                  [1 - gamma, i - 1],
                ])
          return { from, to, draws: [], evaluations: [{ level: from, input: unchanged }], output }
        }),
      }
    },
  }
}
