import type { NoiseLevel } from '@fewstep/schedules'
import type { Node } from './lambda-step.ts'
import type { MultistepMove } from './multistep.ts'
import { boundedWeights } from './nodal.ts'
import { rho } from './weights.ts'

/** The variable that estimates of noise are interpolated in. */
export type Coordinate = {
  at(level: NoiseLevel): number
  /**
   * The means over the step, in ρ, of `u^k` for every `k` below the count. `u` is the coordinate, scaled to 0 at `from` and 1
   * at `to`.
   */
  means(count: number, from: NoiseLevel, to: NoiseLevel): readonly number[]
}

/**
 * The weights of estimates of noise at `nodes` in the exact step under the polynomial through them, in any coordinate:
 * `∫ℓ_j dρ/(ρ' − ρ)` (arXiv 2204.13902 eq. 11). The nodes come newest first; the last ones are left out where weights
 * would be huge.
 */
export function noiseWeights(
  coordinate: Coordinate,
  { from, to }: MultistepMove,
  nodes: readonly Node[],
): readonly number[] {
  const [start, end] = [coordinate.at(from), coordinate.at(to)]
  return boundedWeights(
    nodes.map(({ level }) => (coordinate.at(level) - start) / (end - start)),
    count => coordinate.means(count, from, to),
  )
}

/** ρ itself. */
export const inRho: Coordinate = {
  at: rho,
  means: count => Array.from({ length: count }, (_, k) => 1 / (k + 1)),
}
