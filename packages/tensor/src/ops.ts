/** One term of a weighted sum. */
export type Term<T> = readonly [weight: number, tensor: T]

/**
 * The interface between a solver and a tensor library: one weighted sum.
 *
 * `T` is opaque: a `Float32Array`, a value on a GPU, or a tensor of another library.
 */
export type TensorOps<T> = {
  /**
   * `Σ weight·tensor`, rounded once, into a new tensor. The operands have one shape and stay unchanged.
   *
   * @param terms at least one term; weights are finite float64 numbers
   */
  combine(terms: readonly Term<T>[]): T | Promise<T>
  /** Frees a tensor that will not be used again. */
  dispose?(tensor: T): void
  /** `mean |tensor|`, used only by adaptive solvers and output caches. */
  meanAbsolute?(tensor: T): number | Promise<number>
}
