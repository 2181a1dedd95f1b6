import { adamsBashforth, adamsStep } from './adams-bashforth.ts'
import { multistepPlan } from './multistep.ts'
import type { Solver } from './plan.ts'
import { checkOption } from './weights.ts'

/**
 * iPNDM (arXiv 2204.13902 §3.3): Adams–Bashforth's fixed weights on the noise, with DDIM's transfer. The first steps use as
 * many slopes as there are, so every step is one evaluation. A step to sigma 0 is of first order unless `eulerAtFinal` is
 * false, as in diffusers.
 *
 * Second order from `order` 2 on; of order `order` where `sigma/alpha` falls evenly.
 *
 * @throws OptionError unless the order is 1, 2, 3 or 4
 */
export function ipndm(options: { readonly order?: number; readonly eulerAtFinal?: boolean } = {}): Solver {
  const { order = 4, eulerAtFinal = true } = options
  checkOption('ipndm', 'order', order, 1, 4, true)
  return {
    name: 'ipndm',
    order: Math.min(order, 2),
    plan: levels =>
      multistepPlan('ipndm', levels, move =>
        adamsStep(move, move.to.sigma === 0 && eulerAtFinal ? 1 : order, nodes => adamsBashforth(nodes.length), true),
      ),
  }
}
