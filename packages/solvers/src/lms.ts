import { adamsStep } from './adams-bashforth.ts'
import { multistepPlan } from './multistep.ts'
import { inRho, noiseWeights } from './noise-weights.ts'
import type { Solver } from './plan.ts'
import { checkOption } from './weights.ts'

/**
 * Linear multistep, as in k-diffusion and diffusers: the Adams–Bashforth method in ρ with exact weights on any grid (`rhoAB`
 * of arXiv 2204.13902). It keeps its full order up to the end, in the step to sigma 0 too.
 *
 * @throws OptionError unless the order is from 1 to 4
 */
export function lms(options: { readonly order?: number } = {}): Solver {
  const { order = 4 } = options
  checkOption('lms', 'order', order, 1, 4, true)
  return {
    name: 'lms',
    order,
    plan: levels =>
      multistepPlan('lms', levels, move => adamsStep(move, order, nodes => noiseWeights(inRho, move, nodes))),
  }
}
