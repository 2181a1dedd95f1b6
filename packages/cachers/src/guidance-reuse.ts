import type { GuidanceCache } from './cacher.ts'
import { checkNumber, checkWhole } from './errors.ts'

export type GuidanceReuseOptions = {
  /** The model runs with and without the prompt every `interval` steps; 2 by default. */
  readonly interval?: number
  /** The model always runs with and without the prompt before this share of the steps. */
  readonly from?: number
}

/**
 * Reuses the difference that guidance adds. Between two fully guided steps the model runs with the prompt only, and the latest
 * difference is added: `F = F_c + (scale − 1)·(F_c − F_u)_kept`. This is FasterCache's CFG-Cache without its split of
 * frequencies (arXiv 2410.19355 §3.3).
 *
 * @throws CacherError
 */
export function guidanceReuse(options: GuidanceReuseOptions = {}): GuidanceCache {
  const { interval = 2, from = 0 } = options
  checkWhole('guidance-reuse: interval', interval, 1)
  checkNumber('guidance-reuse: from', from, 0, 1)
  return {
    kind: 'guidance',
    name: 'guidance-reuse',
    cell({ step, steps }) {
      const begin = Math.ceil(from * steps)
      return step < begin || (step - begin) % interval === 0 ? 'both' : 'kept'
    },
  }
}
