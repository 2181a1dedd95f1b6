import type { GuidanceCache } from './cacher.ts'
import { checkNumber, checkWhole } from './errors.ts'

export type GuidanceReuseOptions = {
  /** Both branches are asked each so many steps; 2 where absent. */
  readonly interval?: number
  /** The share of the steps before which both are always asked. */
  readonly from?: number
}

/**
 * Reuse of guidance's difference: between two fully guided steps only the prompt's branch is asked, and the latest
 * difference of the two is added, `F = F_c + (scale − 1)·(F_c − F_u)_kept` (FasterCache's CFG-Cache without its split of
 * frequencies, arXiv 2410.19355 §3.3).
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
