import type { Solver } from './plan.ts'
import { checkLevels, checkOption, draw, evaluation, rho, state, unchanged, weighted } from './weights.ts'

/**
 * Euler to `ρ_down`, then noise up to `ρ'`: `ρ_up = min(ρ', eta·ρ'·√(1 − ρ'²/ρ²))`, `ρ_down = √(ρ'² − ρ_up²)` with
 * `ρ = sigma/alpha` (k-diffusion's `euler_ancestral`; arXiv 2010.02502 §4 in these variables). Draws at every step.
 *
 * @throws OptionError unless eta is from 0 to 1
 */
export function eulerAncestral(options: { readonly eta?: number } = {}): Solver {
  const { eta = 1 } = options
  checkOption('euler-ancestral', 'eta', eta, 0, 1)
  return {
    name: 'euler-ancestral',
    order: 1,
    plan(levels) {
      checkLevels('euler-ancestral', levels)
      return {
        steps: levels.slice(1).map((to, i) => {
          const from = levels[i]!
          const up = Math.min(rho(to), eta * rho(to) * Math.sqrt(1 - (rho(to) / rho(from)) ** 2))
          const kept = (to.alpha * Math.sqrt(Math.max(0, rho(to) ** 2 - up * up))) / from.sigma
          return {
            from,
            to,
            draws: [{ from, to }],
            evaluations: [{ level: from, input: unchanged }],
            output: weighted([kept, state], [to.alpha - from.alpha * kept, evaluation(i)], [to.alpha * up, draw(0)]),
          }
        }),
      }
    },
  }
}
