import type { AdaptiveOutput } from './cacher.ts'
import { checkNumber } from './errors.ts'
import { outputCache } from './output-cache.ts'

export type EasyCacheOptions = {
  /** The accumulated relative change at which the model is evaluated again. */
  readonly threshold?: number
  /** The model always runs before the share `from` and after the share `to` of the evaluations. */
  readonly from?: number
  readonly to?: number
}

/**
 * EasyCache (arXiv 2507.02860): with `u = x/√(alpha² + sigma²)`, the latest computed difference `ε − u` replaces
 * the model while the accumulated estimate of the relative change, `Σ k·mean|u − u_prev| / mean|ε|`, stays below the threshold;
 * `k` is the rate `mean|Δε| / mean|Δu|` between the last two evaluations.
 *
 * @throws CacherError for an option out of range; from `wrap`, if the tensors' `ops` have no `meanAbsolute`
 */
export function easyCache(options: EasyCacheOptions = {}): AdaptiveOutput {
  const { threshold = 0.2, from = 0.15, to = 0.95 } = options
  checkNumber('easycache: threshold', threshold, 0, 100)
  checkNumber('easycache: from', from, 0, 1)
  checkNumber('easycache: to', to, from, 1)
  return {
    kind: 'adaptive-output',
    name: 'easycache',
    wrap: (denoise, ops) =>
      outputCache('easycache', denoise, ops, {
        within: part => part >= from && part < to,
        error: (accumulated, change) => accumulated + change,
        reuse: error => error < threshold,
      }),
  }
}
