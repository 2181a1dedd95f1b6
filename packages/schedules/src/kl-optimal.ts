import { needsNumber } from './errors.ts'
import type { Schedule } from './level.ts'
import { between, type SigmaOptions } from './sigmas.ts'

/**
 * `sigma_i = c·tan((1 − p)·atan(max/c) + p·atan(min/c))`, `p = i/(n−1)`, then the end: the schedule of least KL divergence for
 * Euler's method on data of standard deviation c (arXiv:2404.14507, theorem 3.1). With c = 1 it is even in the time of
 * the cosine process, `sigma = tan(πt/2)`.
 *
 * @throws ScheduleError
 */
export function klOptimal(options: SigmaOptions & { readonly dataDeviation?: number } = {}): Schedule {
  const { dataDeviation: c = 1 } = options
  needsNumber('klOptimal', 'dataDeviation', c, { above: 0 })
  return between('klOptimal', options, (part, max, min) => {
    return c * Math.tan((1 - part) * Math.atan(max / c) + part * Math.atan(min / c))
  })
}
