import type { ChurnOptions } from './churn.ts'
import type { Solver } from './plan.ts'
import { heunTableau, rungeKutta } from './rho-rk.ts'

/**
 * Heun's method on `dx̂/dρ = ε` (arXiv 2206.00364 algorithm 1): an Euler step, then the mean of the slopes at both ends.
 * A step to sigma 0, or from alpha 0, is Euler's. `2·steps − 1` evaluations where the last level is clean. With churn it is
 * algorithm 2, and needs the process.
 *
 * @throws OptionError
 */
export function heun(options: ChurnOptions = {}): Solver {
  return rungeKutta('heun', 2, () => heunTableau, options)
}
