import { SeedError } from './generator.ts'

/** A whole number from −2^63 to 2^64−1, as `torch.manual_seed` takes it: a bigint where a number is not exact. */
export type Seed = number | bigint

/** Beyond this value, numbers are not exact. */
const largest = BigInt(Number.MAX_SAFE_INTEGER)

/**
 * Reads a seed from a number, a bigint or decimal text. Returns a number from −(2^53−1) to 2^53−1, and a bigint beyond.
 *
 * @throws SeedError for anything else than a whole number from −2^63 to 2^64−1
 * @example readSeed('18446744073709551615') // 18446744073709551615n
 */
export function readSeed(seed: Seed | string): Seed {
  const wide = exact(seed)
  if (wide === undefined || wide < -(1n << 63n) || wide >= 1n << 64n) throw new SeedError(seed)
  return -largest <= wide && wide <= largest ? Number(wide) : wide
}

/** `seed + count`, exact at any size. @throws SeedError beyond 2^64−1 */
export function seedAfter(seed: Seed, count: number): Seed {
  return readSeed(BigInt(readSeed(seed)) + BigInt(count))
}

/** A seed for JSON: a number where that is exact, otherwise decimal text, which {@link readSeed} reads. @throws SeedError */
export function seedToJson(seed: Seed): number | string {
  const read = readSeed(seed)
  return typeof read === 'number' ? read : String(read)
}

function exact(seed: Seed | string): bigint | undefined {
  if (typeof seed === 'bigint') return seed
  if (typeof seed === 'string' && /^\s*[+-]?\d+\s*$/.test(seed)) return BigInt(seed.trim().replace(/^\+/, ''))
  const number = typeof seed === 'string' && seed.trim() === '' ? Number.NaN : Number(seed)
  return Number.isSafeInteger(number) ? BigInt(number) : undefined
}
