import { FewstepError } from '@fewstep/errors'
import type { TensorOps, Term } from './ops.ts'

/** {@link TensorOps} on `Float32Array`s, with the further methods that guidance rescaling and output caches need. */
export type Float32Ops = Omit<TensorOps<Float32Array>, 'combine'> & {
  dispose(tensor: Float32Array): void
  meanAbsolute(tensor: Float32Array): number
  standardDeviation(tensor: Float32Array): number
  combine(terms: readonly Term<Float32Array>[]): Float32Array
}

/**
 * Weighted sums in plain JavaScript: `Σ weight·tensor`, summed in float64 and rounded once.
 *
 * Disposed arrays are reused for results of the same length, since clearing new memory costs as much as the sum.
 *
 * `combine` throws a CombineError without terms, for weights that are not finite, and for tensors of different lengths.
 *
 * @param options `pool` is the maximum number of disposed arrays to keep for each length; 8 where absent
 * @example float32Ops().combine([[0.5, a], [2, b]]) // 0.5·a + 2·b
 */
export function float32Ops(options: { readonly pool?: number } = {}): Float32Ops {
  const { pool = 8 } = options
  const free = new Map<number, Float32Array[]>()
  const allocate = (length: number): Float32Array => free.get(length)?.pop() ?? new Float32Array(length)
  return {
    combine(terms) {
      const first = terms[0]
      if (first === undefined) throw new CombineError('got no terms; give at least one [weight, tensor]')
      const length = first[1].length
      for (const [weight, tensor] of terms) {
        if (!Number.isFinite(weight)) throw new CombineError(`got the weight ${weight}; weights must be finite numbers`)
        if (tensor.length !== length) {
          throw new CombineError(`got tensors of ${length} and ${tensor.length} elements; give tensors of one shape`)
        }
      }
      const out = allocate(length)
      sum(out, terms)
      return out
    },
    dispose(tensor) {
      const kept = free.get(tensor.length)
      if (kept === undefined) free.set(tensor.length, [tensor])
      else if (kept.length < pool && !kept.includes(tensor)) kept.push(tensor)
    },
    meanAbsolute(tensor) {
      let total = 0
      for (let i = 0; i < tensor.length; i++) total += Math.abs(tensor[i]!)
      return total / tensor.length
    },
    /** Unbiased, as `torch.std` computes it. */
    standardDeviation(tensor) {
      let mean = 0
      for (let i = 0; i < tensor.length; i++) mean += tensor[i]!
      mean /= tensor.length
      let total = 0
      for (let i = 0; i < tensor.length; i++) total += (tensor[i]! - mean) ** 2
      return Math.sqrt(total / (tensor.length - 1))
    },
  }
}

/** One loop for each number of terms: with the operands in local variables, the loop runs at memory speed. */
function sum(out: Float32Array, terms: readonly Term<Float32Array>[]): void {
  const n = out.length
  const [t0, t1, t2, t3, t4] = terms
  const [a, x] = t0!
  switch (terms.length) {
    case 1:
      for (let i = 0; i < n; i++) out[i] = a * x[i]!
      return
    case 2: {
      const [b, y] = t1!
      for (let i = 0; i < n; i++) out[i] = a * x[i]! + b * y[i]!
      return
    }
    case 3: {
      const [b, y] = t1!
      const [c, z] = t2!
      for (let i = 0; i < n; i++) out[i] = a * x[i]! + b * y[i]! + c * z[i]!
      return
    }
    case 4: {
      const [b, y] = t1!
      const [c, z] = t2!
      const [d, u] = t3!
      for (let i = 0; i < n; i++) out[i] = a * x[i]! + b * y[i]! + c * z[i]! + d * u[i]!
      return
    }
    case 5: {
      const [b, y] = t1!
      const [c, z] = t2!
      const [d, u] = t3!
      const [e, v] = t4!
      for (let i = 0; i < n; i++) out[i] = a * x[i]! + b * y[i]! + c * z[i]! + d * u[i]! + e * v[i]!
      return
    }
    default:
      for (let i = 0; i < n; i++) {
        let total = 0
        for (let k = 0; k < terms.length; k++) total += terms[k]![0] * terms[k]![1][i]!
        out[i] = total
      }
  }
}

/** Invalid terms of a weighted sum. */
export class CombineError extends FewstepError {
  override readonly name = 'Tensor.CombineError'
  override readonly kind = 'input'
  constructor(problem: string) {
    super(`combine: ${problem}`)
  }
}
