import type { AdaptiveOutput } from './cacher.ts'
import { checkNumber } from './errors.ts'
import { outputCache } from './output-cache.ts'

export type EasyCacheOptions = {
  /** The accumulated relative change above which the network is called again. */
  readonly threshold?: number
  /** The share of the calls before and after which it is always called. */
  readonly from?: number
  readonly to?: number
}

/**
 * EasyCache (arXiv 2507.02860): with `u = x/√(alpha² + sigma²)`, the difference `ε − u` of the latest call stands for the
 * network while the accumulated estimate of the relative change, `Σ k·mean|u − u_prev| / mean|ε|`, stays below the threshold;
 * `k` is the rate `mean|Δε| / mean|Δu|` between the last two calls.
 *
 * @throws CacherError, and where the tensors' `ops` cannot measure (`meanAbsolute`)
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
