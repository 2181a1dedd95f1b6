import type { GuidanceCache } from './cacher.ts'
import { checkNumber } from './errors.ts'

export type GuidanceIntervalOptions = {
  /** The shares of the steps at which guidance begins and ends. */
  readonly from?: number
  readonly to?: number
  /** Guidance only where sigma/alpha is between these. */
  readonly sigmaMin?: number
  readonly sigmaMax?: number
}

/**
 * Guidance in a limited interval (arXiv 2404.07724). Outside the interval the model runs with the prompt only, without guidance.
 *
 * @throws CacherError
 */
export function guidanceInterval(options: GuidanceIntervalOptions = {}): GuidanceCache {
  const { from = 0, to = 1, sigmaMin = 0, sigmaMax = Number.POSITIVE_INFINITY } = options
  checkNumber('guidance-interval: from', from, 0, 1)
  checkNumber('guidance-interval: to', to, from, 1)
  checkNumber('guidance-interval: sigmaMin', sigmaMin, 0, Number.POSITIVE_INFINITY)
  checkNumber('guidance-interval: sigmaMax', sigmaMax, sigmaMin, Number.POSITIVE_INFINITY)
  return {
    kind: 'guidance',
    name: 'guidance-interval',
    cell({ step, steps, level }) {
      const rho = level.sigma / level.alpha
      const inside = step >= from * steps && step < to * steps && rho >= sigmaMin && rho <= sigmaMax
      return inside ? 'both' : 'alone'
    },
  }
}
