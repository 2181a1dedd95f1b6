import type { Solver } from './plan.ts'
import { checkLevels, evaluation, firstOrder, lambda, state, unchanged, weighted } from './weights.ts'

/**
 * DPM-Solver++ 2M, midpoint form (arXiv 2211.01095 algorithm 2):
 * `x' = (sigma'/sigma)·x − alpha'·expm1(−h)·(D + (D − D_prev)/(2r))`, `h = λ' − λ`, `r = h_prev/h`.
 *
 * The first step is of first order, and so is the last one where it ends at sigma 0 or, as in the original, where there
 * are fewer than 15 steps (`lowerOrderFinal`).
 */
export function dpmpp2m(options: { readonly lowerOrderFinal?: boolean } = {}): Solver {
  return {
    name: 'dpmpp-2m',
    order: 2,
    plan(levels) {
      checkLevels('dpmpp-2m', levels)
      const last = levels.length - 2
      const { lowerOrderFinal = levels.length <= 15 } = options
      return {
        steps: levels.slice(1).map((to, i) => {
          const from = levels[i]!
          const step = { from, to, draws: [], evaluations: [{ level: from, input: unchanged }] }
          const before = levels[i - 1]
          if (before === undefined || to.sigma === 0 || (i === last && lowerOrderFinal)) {
            return { ...step, output: firstOrder(from, to, i) }
          }
          const h = lambda(to) - lambda(from)
          // From alpha 0 the previous step is infinitely long, and its difference quotient vanishes.
          const half = h / (2 * (lambda(from) - lambda(before)))
          const weight = -to.alpha * Math.expm1(-h)
          const output = weighted(
            [to.sigma / from.sigma, state],
            [weight * (1 + half), evaluation(i)],
            [-weight * half, evaluation(i - 1)],
          )
          return { ...step, output }
        }),
      }
    },
  }
}
