import { checkNumber, FewstepError } from '@fewstep/errors'

/** A seeded source of random numbers. Each call continues where the previous one stopped. */
export type Generator = {
  /** `count` independent numbers from N(0, 1). */
  normal(count: number): Float32Array<ArrayBuffer>
  /** `count` independent numbers from [0, 1), with 24 random bits each. */
  uniform(count: number): Float32Array<ArrayBuffer>
}

/** @throws CountError */
export function checkCount(count: number): void {
  checkNumber(count, { whole: true, minimum: 0 }, () => new CountError(count))
}

/** The low 64 bits of a seed, as in `torch.manual_seed`; negative seeds wrap. @throws SeedError */
export function seedBits(seed: number | bigint): bigint {
  if (typeof seed === 'number' && !Number.isSafeInteger(seed)) throw new SeedError(seed)
  const wide = BigInt(seed)
  if (wide < -(1n << 63n) || wide >= 1n << 64n) throw new SeedError(seed)
  return BigInt.asUintN(64, wide)
}

/** A value that is not a seed. */
export class SeedError extends FewstepError {
  override readonly name = 'Tensor.SeedError'
  override readonly kind = 'input'
  constructor(seed: unknown) {
    const inexact = typeof seed === 'number' && Number.isInteger(seed)
    const remedy = inexact ? '; beyond 2^53, use a bigint or decimal text' : ''
    super(`the seed must be a whole number from -2^63 to 2^64-1, got ${seed}${remedy}`)
  }
}

/** An invalid number of random numbers. */
export class CountError extends FewstepError {
  override readonly name = 'Tensor.CountError'
  override readonly kind = 'input'
  constructor(count: number) {
    super(`the number of random numbers must be a whole number of at least 0, got ${count}`)
  }
}
