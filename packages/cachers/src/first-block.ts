import type { DeepFeatures } from './cacher.ts'
import { checkNumber, checkWhole } from './errors.ts'

export type FirstBlockOptions = {
  /** Deep features are reused while the first block's output differs from the last full pass's by less than this share. */
  readonly threshold?: number
  /** How many evaluations in a row may reuse them; no limit by default. */
  readonly maximum?: number
  /** The skip connection to cut at, as in `deepCache`; 1 by default, so the first block is always computed. */
  readonly branch?: number
}

/**
 * First Block Cache for U-Nets: DeepCache (arXiv 2312.00858) that decides during the run. The first block always runs. If its
 * output `v` is close to the output `v'` of the last full pass, `mean|v − v'| / mean|v'| < threshold`, the deep features of that
 * pass are reused. The criterion is ParaAttention's, which applies it to the residual of a transformer's first block.
 *
 * @throws CacherError
 */
export function firstBlock(options: FirstBlockOptions = {}): DeepFeatures {
  const { threshold = 0.2, maximum, branch = 1 } = options
  if (threshold !== Number.POSITIVE_INFINITY) checkNumber('first-block: threshold', threshold, 0, 1e9)
  if (maximum !== undefined) checkWhole('first-block: maximum', maximum, 1)
  checkWhole('first-block: branch', branch, 0)
  return {
    kind: 'deep-features',
    name: 'first-block',
    branch,
    graphs: 2,
    decides: { threshold, maximum: maximum ?? Number.POSITIVE_INFINITY },
    computes: ({ evaluation }) => evaluation === 0,
  }
}
