import type { AdaptiveOutput } from './cacher.ts'
import { checkNumber } from './errors.ts'
import { outputCache } from './output-cache.ts'

export type UCacheOptions = {
  /** The accumulated relative change at which the model is evaluated again. */
  readonly threshold?: number
  /** The model always runs before the share `from` and after the share `to` of the evaluations. */
  readonly from?: number
  readonly to?: number
  /** The share of the accumulated error that remains after an evaluation that was left out. */
  readonly decay?: number
  /** Factors of the threshold in the first third and in the last third of the run. */
  readonly early?: number
  readonly late?: number
}

/**
 * UCache, as in stable-diffusion.cpp for U-Nets: EasyCache with a threshold that is lower early in the run and higher late in
 * it. The accumulated error may decay, and after `n` evaluations left out in a row a change counts `1 + n/2` times.
 *
 * @throws CacherError for an option out of range; from `wrap`, if the tensors' `ops` have no `meanAbsolute`
 */
export function uCache(options: UCacheOptions = {}): AdaptiveOutput {
  const { threshold = 1, from = 0.15, to = 0.95, decay = 1, early = 0.5, late = 1.5 } = options
  checkNumber('ucache: threshold', threshold, 0, 100)
  checkNumber('ucache: from', from, 0, 1)
  checkNumber('ucache: to', to, from, 1)
  checkNumber('ucache: decay', decay, 0, 1)
  checkNumber('ucache: early', early, 0, 10)
  checkNumber('ucache: late', late, 0, 10)
  return {
    kind: 'adaptive-output',
    name: 'ucache',
    wrap: (denoise, ops) =>
      outputCache('ucache', denoise, ops, {
        within: part => part >= from && part < to,
        error: (accumulated, change, inARow) => accumulated * decay + change * (1 + 0.5 * inARow),
        reuse: (error, part) => error < threshold * (part < 1 / 3 ? early : part > 2 / 3 ? late : 1),
      }),
  }
}
