import type { Forecast } from './cacher.ts'
import { checkWhole } from './errors.ts'

export type TaylorSeerOptions = {
  /** One of every `interval` evaluations runs, the others are forecast; 5 by default. */
  readonly interval?: number
  /** The order of the polynomial through the latest estimates; 1 by default. */
  readonly order?: number
  /** How many evaluations always run at the start; 3 by default. */
  readonly warmUp?: number
}

/**
 * TaylorSeer (arXiv 2503.06923) on the model's output. Between two evaluations that run, the estimate of x0 is the polynomial
 * through the latest estimates, `D + Σ_k Δ^k·(e − e₀)^k/k!`, with divided differences in the number of the evaluation.
 *
 * @throws CacherError
 */
export function taylorSeer(options: TaylorSeerOptions = {}): Forecast {
  const { interval = 5, order = 1, warmUp = 3 } = options
  checkWhole('taylorseer: interval', interval, 1)
  checkWhole('taylorseer: order', order, 0)
  checkWhole('taylorseer: warmUp', warmUp, 1)
  return {
    kind: 'forecast',
    name: 'taylorseer',
    history: order + 1,
    forecasts: calls => calls.map((_, e) => e >= warmUp && (e - warmUp + 1) % interval !== 0),
    weights: taylorWeights,
  }
}

/**
 * Weights of estimates at `nodes` (oldest first) in `Σ_k F_k·h^k/k!`, `h` the distance from the newest node, where `F_k` is
 * the backward difference of `F_{k−1}` over the distance of the newest two nodes.
 */
export function taylorWeights(nodes: readonly number[], at: number): readonly number[] {
  const newest = nodes.length - 1
  const h = at - nodes[newest]!
  // Row i holds the difference that ends at node i, as weights of all estimates.
  let rows: readonly (readonly number[])[] = nodes.map((_, i) => nodes.map((_, j) => (i === j ? 1 : 0)))
  let factor = 1
  let weights: readonly number[] = rows[newest]!
  for (let k = 1; k <= newest; k++) {
    const before = rows
    rows = before.map((row, i) =>
      i < k ? row : row.map((value, j) => (value - before[i - 1]![j]!) / (nodes[i]! - nodes[i - 1]!)),
    )
    factor *= h / k
    weights = weights.map((value, j) => value + factor * rows[newest]![j]!)
  }
  return weights
}
