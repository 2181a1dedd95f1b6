import type { DeepFeatures } from './cacher.ts'
import { checkNumber, checkWhole } from './errors.ts'

export type FirstBlockOptions = {
  /** Deep features are reused while the first block's output is by less than this share away from the last full pass's. */
  readonly threshold?: number
  /** Calls in a row that may reuse them; any number where absent. */
  readonly maximum?: number
  /** The skip connection to cut at, as in `deepCache`; 1, where the first block itself stays fresh, where absent. */
  readonly branch?: number
}

/**
 * First Block Cache, for U-Nets: DeepCache (arXiv 2312.00858) that decides on the way. The first block always runs; where
 * `mean|v − v'| / mean|v'|` of its output v against v', that of the last full pass, is below the threshold, the deep features
 * of that pass are reused (ParaAttention's criterion, there on the residual of a transformer's first block).
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
