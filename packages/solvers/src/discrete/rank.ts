/**
 * The `count` positions with the lowest scores; of equal scores, the earlier position counts as lower.
 *
 * By rank, not by comparison with the score at a rank: that lets equal scores through, and near zero, where log-probabilities
 * of sure words lie, any tolerance does as well.
 */
export function lowest(scores: readonly number[], count: number): ReadonlySet<number> {
  const order = scores.map((_, i) => i).sort((a, b) => (scores[a]! === scores[b]! ? a - b : scores[a]! - scores[b]!))
  return new Set(order.slice(0, count))
}
