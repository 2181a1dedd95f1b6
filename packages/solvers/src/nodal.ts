/**
 * The weights of values at distinct `nodes` with given moments: `Σ_j w_j·u_j^k = c_k` for every `k` below their number.
 * With `c_k = ∫u^k·density(u) du` they integrate the polynomial through the values (Björck and Pereyra, Math. Comp. 24,
 * 1970, the primal system).
 */
export function nodalWeights(nodes: readonly number[], moments: readonly number[]): number[] {
  const weights = nodes.map((_, k) => moments[k]!)
  const last = nodes.length - 1
  for (let k = 0; k < last; k++) for (let i = last; i > k; i--) weights[i]! -= nodes[k]! * weights[i - 1]!
  for (let k = last - 1; k >= 0; k--) {
    for (let i = k + 1; i <= last; i++) weights[i]! /= nodes[i]! - nodes[i - k - 1]!
    for (let i = k; i < last; i++) weights[i]! -= weights[i + 1]!
  }
  return weights
}

/** Weights this many times larger than their sum would make the rounding error of a float32 estimate visible. */
export const weightBound = 1000

/**
 * {@link nodalWeights} of as many of the first nodes as keep `Σ|w_j|` below 1000 times `|c_0|`: nodes that lie close
 * together, beside a long step, give huge weights. At least one node is used; the weights of the others are absent.
 */
export function boundedWeights(
  nodes: readonly number[],
  moments: (count: number) => readonly number[],
  weigh: typeof nodalWeights = nodalWeights,
): number[] {
  for (let count = nodes.length; ; count--) {
    const usedMoments = moments(count)
    const weights = weigh(nodes.slice(0, count), usedMoments)
    const size = weights.reduce((sum, weight) => sum + Math.abs(weight), 0)
    if (count === 1 || size <= weightBound * Math.abs(usedMoments[0]!)) return weights
  }
}
