import type { NoiseLevel } from '@fewstep/schedules'
import type { Node } from './lambda-step.ts'
import { boundedWeights } from './nodal.ts'
import type { Combination } from './plan.ts'
import { firstOrder, rho, transfer } from './weights.ts'

/** The variable that estimates of noise are interpolated in. */
export type Coordinate = {
  at(level: NoiseLevel): number
  /**
   * The mean over the step, in ρ, of the powers `k` below the count of `u`, the coordinate brought to 0 at `from` and 1 at `to`.
   */
  means(count: number, from: NoiseLevel, to: NoiseLevel): readonly number[]
}

/**
 * The exact step under the polynomial through the estimates of noise at `nodes`, in any coordinate (arXiv 2204.13902 eq. 11 in
 * `x̂ = x/alpha`): `x' = (alpha'/alpha)·x + alpha'·Σ_j ε_j·∫ℓ_j dρ`.
 *
 * The nodes come newest first; the last ones are left out where weights would be huge, and so are those at alpha 0. From
 * alpha 0 it is a step of first order, in data form.
 */
export function noiseStep(
  from: NoiseLevel,
  to: NoiseLevel,
  nodes: readonly Node[],
  coordinate: Coordinate,
): Combination {
  if (from.alpha === 0) return firstOrder(from, to, nodes[0]!.index)
  const used = nodes.filter(({ level }) => level.alpha > 0)
  const [start, end] = [coordinate.at(from), coordinate.at(to)]
  const weights = boundedWeights(
    used.map(({ level }) => (coordinate.at(level) - start) / (end - start)),
    count => coordinate.means(count, from, to),
  )
  return transfer(
    from,
    to,
    weights.map((weight, j) => [weight, used[j]!.index]),
  )
}

/** ρ itself. */
export const inRho: Coordinate = {
  at: rho,
  means: count => Array.from({ length: count }, (_, k) => 1 / (k + 1)),
}
