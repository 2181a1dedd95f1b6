import { checkNumber, FewstepError } from '@fewstep/errors'
import type { NoiseLevel } from '@fewstep/schedules'
import type { Noise } from '@fewstep/solvers'
import type { TensorOps, Term } from '@fewstep/tensor'

/** Standard normal numbers in the shape of `like`, the same for the same seed. The caller owns the tensor. */
export type Gaussian<T> = (like: T, seed: bigint) => T | Promise<T>

/** A function such as {@link independentNoise} or {@link brownianNoise}. */
export type NoiseSource<T> = (
  gaussian: Gaussian<T>,
  options: { readonly seed: number | bigint; readonly ops: TensorOps<T> },
) => Noise<T>

/** Independent noise draws. The seed of each one depends on its place in the plan. @throws NoiseError for an invalid seed */
export function independentNoise<T>(gaussian: Gaussian<T>, options: { readonly seed: number | bigint }): Noise<T> {
  const seed = checkSeed(options.seed)
  return (like, { step, index }) => gaussian(like, mixed(seed, BigInt(step) * 1024n + BigInt(index)))
}

/** Options of {@link brownianNoise}. */
export type BrownianOptions<T> = {
  readonly seed: number | bigint
  readonly ops: TensorOps<T>
  /** The time of the path, a monotone function of the level; {@link pathTime} where absent. */
  readonly time?: (level: NoiseLevel) => number
  /** The first and last time of the path; where absent, those of `pathTime`, 0 and 1. */
  readonly range?: readonly [number, number]
  /** Times are rounded to multiples of `2^−depth` of the range; 20 where absent. A noise draw sums up to `2·depth` tensors. */
  readonly depth?: number
}

/** `ρ^(1/4)/(1 + ρ^(1/4))`, `ρ = sigma/alpha`: 0 at a clean level, 1 at a level without signal, and fairly even in `ln ρ` between. */
export function pathTime({ alpha, sigma }: NoiseLevel): number {
  const [a, s] = [alpha ** 0.25, sigma ** 0.25]
  return s / (a + s)
}

/**
 * One Brownian path for any levels. The noise draw between two levels is `(W(to) − W(from))/√|to − from|` in the path's time,
 * which is standard normal. Draws over disjoint intervals are independent, and a draw over two intervals is the (weighted) sum of
 * the draws over each, so runs with different numbers of steps follow the same path.
 *
 * The path is Lévy's construction on a dyadic grid: a weighted sum of normal tensors, one for each dyadic interval around the two
 * times, each with a different seed. Nothing is stored between draws.
 *
 * @throws NoiseError for levels outside the range, or too close together for the depth
 * @example brownianNoise((like, seed) => torchGenerator(seed).normal(like.length), { seed: 7, ops: float32Ops() })
 */
export function brownianNoise<T>(gaussian: Gaussian<T>, options: BrownianOptions<T>): Noise<T> {
  const { ops, time = pathTime, range = [0, 1], depth = 20 } = options
  const seed = checkSeed(options.seed)
  const [low, high] = range
  if (!(high > low && Number.isFinite(high - low))) throw new NoiseError(`range must rise, got ${low} to ${high}`)
  const depths = { whole: true, minimum: 1, maximum: 48 }
  checkNumber(depth, depths, expected => new NoiseError(`depth must be ${expected}, got ${depth}`))
  const count = 2 ** depth
  const place = (level: NoiseLevel): number => {
    const at = (time(level) - low) / (high - low)
    if (at >= -1e-9 && at <= 1 + 1e-9) return Math.min(count, Math.max(0, Math.round(at * count)))
    throw new NoiseError(`the path runs from ${low} to ${high}, got the time ${time(level)}; give a wider range`)
  }
  return async (like, { from, to }) => {
    const [start, end] = [place(from), place(to)]
    if (start === end)
      throw new NoiseError(
        `levels with sigma/alpha ${from.sigma / from.alpha} and ${to.sigma / to.alpha} are the same point of the path; use a depth above ${depth}`,
      )
    const scale = 1 / Math.sqrt(Math.abs(end - start) / count)
    const weights = new Map(pathWeights(end, depth))
    for (const [node, weight] of pathWeights(start, depth)) weights.set(node, (weights.get(node) ?? 0) - weight)
    let sum: Term<T>[] = []
    const entries = [...weights].filter(([, weight]) => weight !== 0)
    for (const [i, [node, weight]] of entries.entries()) {
      sum.push([weight * scale, await gaussian(like, mixed(seed, BigInt(node)))])
      // Sum a few at a time, to keep few tensors alive.
      if (sum.length < 8 && i < entries.length - 1) continue
      const total = await ops.combine(sum)
      for (const [, tensor] of sum) ops.dispose?.(tensor)
      sum = [[1, total]]
    }
    return sum[0]![1]
  }
}

/**
 * `W` at `place/2^depth` as weights of independent normal numbers: number 0 is `W(1)`, and number n that of the n-th dyadic
 * interval (numbered as in a heap; 1 is the complete range), `W(middle) = (W(a) + W(b))/2 + √(b − a)/2·Z`.
 */
function pathWeights(place: number, depth: number): ReadonlyMap<number, number> {
  let [start, length, node] = [0, 2 ** depth, 1]
  let left: ReadonlyMap<number, number> = new Map()
  let right: ReadonlyMap<number, number> = new Map([[0, 1]])
  while (place !== start && place !== start + length) {
    const middle = new Map<number, number>()
    for (const side of [left, right])
      for (const [number, weight] of side) middle.set(number, (middle.get(number) ?? 0) + weight / 2)
    middle.set(node, Math.sqrt(length / 2 ** depth) / 2)
    length /= 2
    const above = place >= start + length
    if (above) [start, left] = [start + length, middle]
    else right = middle
    node = 2 * node + (above ? 1 : 0)
  }
  return place === start ? left : right
}

/** A seed for each number (SplitMix64: Steele, Lea, Flood 2014, doi 10.1145/2660193.2660195). */
function mixed(seed: bigint, number: bigint): bigint {
  const finished = (value: bigint): bigint => {
    let z = BigInt.asUintN(64, value)
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n)
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn)
    return z ^ (z >> 31n)
  }
  return finished(finished(seed) + (number + 1n) * 0x9e3779b97f4a7c15n)
}

function checkSeed(seed: number | bigint): bigint {
  if (typeof seed === 'bigint' || Number.isSafeInteger(seed)) return BigInt(seed)
  throw new NoiseError(`the seed must be a whole number below 2^53 or a bigint, got ${seed}`)
}

export class NoiseError extends FewstepError {
  override readonly name = 'Sampler.NoiseError'
  override readonly kind = 'input'
  constructor(problem: string) {
    super(`noise: ${problem}`)
  }
}
