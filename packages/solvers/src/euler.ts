import type { Solver } from './plan.ts'
import { checkLevels, firstOrder, unchanged } from './weights.ts'

/** Euler's method on `dx̂/dρ = ε` with `x̂ = x/alpha`, `ρ = sigma/alpha` (arXiv 2206.00364 eq. 1); equals DDIM at eta 0. */
export function euler(): Solver {
  return {
    name: 'euler',
    order: 1,
    plan(levels) {
      checkLevels('euler', levels)
      return {
        steps: levels.slice(1).map((to, i) => {
          const from = levels[i]!
          return {
            from,
            to,
            draws: [],
            evaluations: [{ level: from, input: unchanged }],
            output: firstOrder(from, to, i),
          }
        }),
      }
    },
  }
}
