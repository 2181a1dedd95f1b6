/**
 * The `count` positions with the lowest scores; of equal scores, the earlier position counts as lower.
 *
 * By rank, because a comparison with the score at a rank lets equal scores through. So does any tolerance near zero, where
 * the log-probabilities of confident words lie.
 */
export function lowest(scores: readonly number[], count: number): ReadonlySet<number> {
  const order = scores.map((_, i) => i).sort((a, b) => (scores[a]! === scores[b]! ? a - b : scores[a]! - scores[b]!))
  return new Set(order.slice(0, count))
}
