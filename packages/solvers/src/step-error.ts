import { FewstepError } from '@fewstep/errors'
import type { TensorOps } from '@fewstep/tensor'

/** The error that a step may make, for x over alpha: `max(absolute, relative·|x|)`. */
export type Tolerance = { readonly absolute: number; readonly relative: number }

/**
 * The distance of two results, relative to the tolerance: 1 is the limit. `previous` is the last accepted result of lower
 * order. All are at one level.
 */
export type StepError<T> = (low: T, high: T, previous: T, tolerance: Tolerance) => number | Promise<number>

/** The norm of the paper and of k-diffusion, element by element: `rms((low − high)/max(absolute, relative·max(|low|, |previous|)))`. */
export function elementwiseError<T extends ArrayLike<number>>(
  low: T,
  high: T,
  previous: T,
  tolerance: Tolerance,
): number {
  const { absolute, relative } = tolerance
  let total = 0
  for (let i = 0; i < low.length; i++) {
    const size = Math.max(Math.abs(low[i]!), Math.abs(previous[i]!))
    total += ((low[i]! - high[i]!) / Math.max(absolute, relative * size)) ** 2
  }
  return Math.sqrt(total / low.length)
}

/** `ops.meanAbsolute` of the difference, over `max(absolute, relative·max(low, previous))`. @throws AdaptiveError */
export function meanError<T>(name: string, ops: TensorOps<T>): StepError<T> {
  const { meanAbsolute } = ops
  if (meanAbsolute === undefined)
    throw new AdaptiveError(name, 'needs a way to measure errors; pass { error }, or ops with meanAbsolute')
  return async (low, high, previous, { absolute, relative }) => {
    const difference = await ops.combine([
      [1, low],
      [-1, high],
    ])
    try {
      const size = Math.max(await ops.meanAbsolute!(low), await ops.meanAbsolute!(previous))
      return (await ops.meanAbsolute!(difference)) / Math.max(absolute, relative * size)
    } finally {
      ops.dispose?.(difference)
    }
  }
}

export class AdaptiveError extends FewstepError {
  override readonly name = 'Solvers.AdaptiveError'
  override readonly kind = 'input'
  constructor(solver: string, problem: string) {
    super(`${solver}: ${problem}`)
  }
}
