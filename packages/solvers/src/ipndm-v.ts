import { adamsStep } from './adams-bashforth.ts'
import { multistepPlan } from './multistep.ts'
import { weightBound } from './nodal.ts'
import { inRho, noiseWeights } from './noise-weights.ts'
import type { Solver } from './plan.ts'
import { checkOption, rho } from './weights.ts'

/**
 * iPNDM with weights for the steps of the grid (arXiv 2204.13902 §3.3): `x̂' = x̂ + Σ ε_j·∫ℓ_j(ρ) dρ`, Lagrange's polynomial
 * through the newest `order` values of the noise at their `ρ = sigma/alpha`. The first steps use as many values as there are;
 * a step to sigma 0 is of first order unless `eulerAtFinal` is false.
 *
 * `reference` takes the published weights (diff-sampler, ComfyUI), in which factors are misplaced and one sign is wrong.
 * Where steps change length, the weights of three values lose accuracy, and those of four do not sum to 1. Where their sizes
 * add up to more than 1,000, beside levels that nearly coincide, fewer values are used than in the originals.
 *
 * @throws OptionError unless the order is 1, 2, 3 or 4
 */
export function ipndmV(
  options: { readonly order?: number; readonly reference?: boolean; readonly eulerAtFinal?: boolean } = {},
): Solver {
  const { order = 4, reference = false, eulerAtFinal = true } = options
  checkOption('ipndm-v', 'order', order, 1, 4, true)
  return {
    name: 'ipndm-v',
    // Published weights of four values miss the linear part.
    order: reference && order === 4 ? 2 : order,
    plan: levels =>
      multistepPlan('ipndm-v', levels, move => {
        const slopes = move.to.sigma === 0 && eulerAtFinal ? 1 : order
        return adamsStep(move, slopes, nodes => {
          if (!reference) return noiseWeights(inRho, move, nodes)
          return bounded([move.to, ...nodes.map(({ level }) => level)].map(rho))
        })
      }),
  }
}

/** The published weights of as many values as keep the sum of their sizes within the bound of all other multistep methods. */
function bounded(nodes: readonly number[]): readonly number[] {
  for (let count = nodes.length; ; count--) {
    const weights = published(nodes.slice(0, count))
    if (count === 2 || weights.reduce((sum, weight) => sum + Math.abs(weight), 0) <= weightBound) return weights
  }
}

/** The weights as published, for the new level and the nodes before it; `h` is the step, then come the ones before. */
function published(nodes: readonly number[]): readonly number[] {
  const [h, h1, h2, h3] = nodes.slice(1).map((node, k) => nodes[k]! - node) as [number, number, number, number]
  if (nodes.length === 2) return [1]
  const linear = h / h1 / 2
  if (nodes.length === 3) return [1 + linear, -linear]
  const third = (1 - ((h / (3 * (h + h1))) * (h * (h + h1))) / (h1 * (h1 + h2))) / 2
  const [ratio, quotient] = [h1 / h2, (h1 * (h1 + h2)) / (h2 * (h2 + h3))]
  const fourth =
    nodes.length === 4
      ? 0
      : (((1 - h / (3 * (h + h1))) / 2 + ((1 - h / (2 * (h + h1))) * h) / (6 * (h + h1 + h2))) *
          (h * (h + h1) * (h + h1 + h2))) /
        (h1 * (h1 + h2) * (h1 + h2 + h3))
  const weights = [1 + linear + third, -linear - (1 + ratio) * third, ratio * third]
  if (nodes.length === 4) return weights
  return [
    weights[0]! + fourth,
    weights[1]! - (1 + ratio + quotient) * fourth,
    weights[2]! + (ratio + quotient * (1 + h2 / h3)) * fourth,
    -quotient * ratio * fourth,
  ]
}
