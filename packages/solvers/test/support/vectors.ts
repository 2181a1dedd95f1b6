import type { TensorOps } from '@fewstep/tensor'

/** Vectors of float64 numbers as tensors, counted: what is alive must be nothing at the end. */
export type Vectors = TensorOps<Float64Array> & {
  readonly alive: ReadonlySet<Float64Array>
  make(values: Iterable<number>): Float64Array
  combine(terms: readonly (readonly [weight: number, tensor: Float64Array])[]): Float64Array
  dispose(tensor: Float64Array): void
  meanAbsolute(tensor: Float64Array): number
}

export function vectors(): Vectors {
  const alive = new Set<Float64Array>()
  const make = (values: Iterable<number>): Float64Array => {
    const made = Float64Array.from(values)
    alive.add(made)
    return made
  }
  return {
    alive,
    make,
    combine: terms => make(terms[0]![1].map((_, i) => terms.reduce((sum, [weight, x]) => sum + weight * x[i]!, 0))),
    dispose: tensor => {
      if (!alive.delete(tensor)) throw new Error('disposed twice, or not ours')
    },
    meanAbsolute: tensor => tensor.reduce((sum, value) => sum + Math.abs(value), 0) / tensor.length,
  }
}
