import { torchGenerator } from '@fewstep/tensor'

/** The share of right answers, and its 95 % bootstrap interval. */
export type Share = { readonly share: number; readonly low: number; readonly high: number; readonly count: number }

/**
 * The share of right answers and its percentile bootstrap interval. It resamples whole groups, since images of one prompt
 * are right or wrong together.
 *
 * @throws Error where there is no answer
 */
export function shareOf(groups: readonly (readonly boolean[])[], draws = 2000, seed = 1): Share {
  const sums = groups.map(group => ({ right: group.filter(Boolean).length, count: group.length }))
  const count = sums.reduce((sum, group) => sum + group.count, 0)
  if (count === 0) throw new Error('a share needs at least one answer')
  const random = torchGenerator(seed)
  const shares = Float64Array.from({ length: draws }, () => {
    let [right, all] = [0, 0]
    for (const at of random.uniform(groups.length)) {
      const group = sums[Math.floor(at * groups.length)]!
      right += group.right
      all += group.count
    }
    return right / Math.max(all, 1)
  }).sort()
  const share = sums.reduce((sum, group) => sum + group.right, 0) / count
  const at = (part: number): number => shares[Math.round(part * (draws - 1))]!
  return { share, low: at(0.025), high: at(0.975), count }
}

/** Two errors of the same pair of prompt and seed. */
export type Rivals = { readonly ours: number; readonly theirs: number }

/** The mean of `theirs` over the mean of `ours`, its 95 % bootstrap interval over pairs, and how often `ours` is smaller. */
export type Ratio = {
  readonly ratio: number
  readonly low: number
  readonly high: number
  readonly won: number
  readonly count: number
}

/** The ratio of mean errors and its percentile bootstrap interval over pairs. @throws Error where there is no pair */
export function ratioOf(pairs: readonly Rivals[], draws = 2000, seed = 1): Ratio {
  const count = pairs.length
  if (count === 0) throw new Error('a ratio needs at least one pair')
  const ratioOver = (chosen: readonly Rivals[]): number =>
    chosen.reduce((sum, { theirs }) => sum + theirs, 0) / chosen.reduce((sum, { ours }) => sum + ours, 0)
  const random = torchGenerator(seed)
  const ratios = Float64Array.from({ length: draws }, () =>
    ratioOver([...random.uniform(count)].map(at => pairs[Math.floor(at * count)]!)),
  ).sort()
  const at = (part: number): number => ratios[Math.round(part * (draws - 1))]!
  const won = pairs.filter(({ ours, theirs }) => ours < theirs).length
  return { ratio: ratioOver(pairs), low: at(0.025), high: at(0.975), won, count }
}
