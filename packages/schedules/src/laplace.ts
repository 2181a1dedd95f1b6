import { ScheduleError } from './errors.ts'
import type { Schedule } from './level.ts'
import { between, type SigmaOptions } from './sigmas.ts'

/**
 * Quantiles of a Laplace distribution in `ln sigma` (arXiv:2407.03297): most levels lie around `e^mu`. The distribution is
 * truncated at the ends, so levels never coincide there (ComfyUI clamps instead).
 *
 * @throws ScheduleError
 */
export function laplace(options: SigmaOptions & { readonly mu?: number; readonly scale?: number } = {}): Schedule {
  const { mu = 0, scale = 0.5 } = options
  if (!(scale > 0 && Number.isFinite(scale + mu))) {
    throw new ScheduleError('laplace', `needs a finite mu and a scale above 0, got ${mu} and ${scale}`)
  }
  const above = (sigma: number): number => {
    const z = (Math.log(sigma) - mu) / scale
    return z > 0 ? Math.exp(-z) / 2 : 1 - Math.exp(z) / 2
  }
  return between('laplace', options, (part, max, min) => {
    if (part === 0) return max
    if (part === 1) return min
    const u = above(max) + part * (above(min) - above(max))
    return Math.exp(mu + scale * (u < 0.5 ? -Math.log(2 * u) : Math.log(2 - 2 * u)))
  })
}
