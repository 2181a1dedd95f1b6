import { adamsStep } from './adams-bashforth.ts'
import { multistepPlan } from './multistep.ts'
import type { Solver } from './plan.ts'
import { checkOption } from './weights.ts'

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
    plan: levels =>
      multistepPlan('gradient-estimation', levels, move =>
        adamsStep(move, move.to.sigma === 0 ? 1 : 2, nodes => (nodes.length === 1 ? [1] : [gamma, 1 - gamma])),
      ),
  }
}
