import { type ChurnOptions, checkChurn, churned } from './churn.ts'
import type { Solver } from './plan.ts'
import { after, checkLevels, firstOrder, transfer, unchanged } from './weights.ts'

export type EulerOptions = ChurnOptions & {
  /** Add the noise after each evaluation instead, as diffusers does: the step then begins at a noisier level than the evaluation. */
  readonly reference?: boolean
}

/**
 * Euler's method on `dx̂/dρ = ε` with `x̂ = x/alpha`, `ρ = sigma/alpha` (arXiv 2206.00364 eq. 1); equals DDIM at eta 0. With
 * churn, noise is added before each evaluation (ibid. algorithm 2), which needs the process.
 *
 * @throws OptionError
 */
export function euler(options: EulerOptions = {}): Solver {
  checkChurn('euler', options)
  return {
    name: 'euler',
    order: 1,
    plan(levels, process) {
      checkLevels('euler', levels)
      return {
        steps: levels.slice(1).map((to, i) => {
          const from = levels[i]!
          const { level, input, draws } = churned('euler', { from, to, steps: levels.length - 1 }, options, process)
          if (options.reference === true && draws.length > 0 && from.alpha > 0) {
            const evaluations = [{ level: from, input: unchanged }]
            return { from, to, draws, evaluations, output: after(input, transfer(level, to, [[1, i]])) }
          }
          return { from, to, draws, evaluations: [{ level, input }], output: after(input, firstOrder(level, to, i)) }
        }),
      }
    },
  }
}
