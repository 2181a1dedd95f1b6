import type { ChurnOptions } from './churn.ts'
import type { Solver } from './plan.ts'
import { rungeKutta, secondOrderTableau } from './rho-rk.ts'
import { checkOption } from './weights.ts'

export type EdmOptions = ChurnOptions & {
  /** Where the second evaluation lies in the step: 1 is Heun's method, 2/3 Ralston's, 1/2 the midpoint rule. */
  readonly alpha?: number
}

/**
 * EDM's sampler (arXiv 2206.00364 algorithm 2; with `alpha` the general form of algorithm 3): `ρ̂ = ρ + γρ`,
 * `x̂ = x + √(ρ̂² − ρ²)·S_noise·z`, then one step of second order from there; x is over alpha. Noise is added before
 * the evaluation. The last step is Euler's where it ends at sigma 0: `2·steps − 1` evaluations. Churn, and alpha below 1, need
 * the process.
 *
 * @throws OptionError
 */
export function edmSolver(options: EdmOptions = {}): Solver {
  const { alpha = 1 } = options
  checkOption('edm', 'alpha', alpha, 0.01, 1)
  const tableau = secondOrderTableau(alpha)
  return rungeKutta('edm', 2, () => tableau, options)
}
