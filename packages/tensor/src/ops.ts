/** One term of a weighted sum. */
export type Term<T> = readonly [weight: number, tensor: T]

/**
 * All that a tensor library has to offer for sampling: one weighted sum.
 *
 * `T` is opaque: a `Float32Array`, a value on a GPU, a tensor of someone else's library.
 */
export type TensorOps<T> = {
  /**
   * `Σ weight·tensor`, rounded once, into a new tensor. Operands are left untouched and have one shape.
   *
   * @param terms at least one term; weights are finite float64 numbers
   */
  combine(terms: readonly Term<T>[]): T | Promise<T>
  /** Frees a tensor that will not be used again. */
  dispose?(tensor: T): void
  /** `mean |tensor|`: only adaptive methods and output caches ask for it. */
  meanAbsolute?(tensor: T): number | Promise<number>
}
