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
    const tensor = values instanceof Float64Array ? values.slice() : Float64Array.from(values)
    alive.add(tensor)
    return tensor
  }
  return {
    alive,
    make,
    combine: terms => {
      const total = new Float64Array(terms[0]![1].length)
      for (const [weight, x] of terms) for (let i = 0; i < total.length; i++) total[i]! += weight * x[i]!
      alive.add(total)
      return total
    },
    dispose: tensor => {
      if (!alive.delete(tensor)) throw new Error('disposed twice, or not ours')
    },
    meanAbsolute: tensor => tensor.reduce((sum, value) => sum + Math.abs(value), 0) / tensor.length,
  }
}
