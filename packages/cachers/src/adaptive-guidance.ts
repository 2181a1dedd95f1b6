import type { GuidanceCache } from './cacher.ts'
import { checkNumber } from './errors.ts'

/**
 * Adaptive guidance (arXiv 2312.12487): once the estimates with and without the prompt agree, guidance ends for good.
 * Agreement is measured by `mean|D_c − D_u| / mean|D_c|` of the estimates of x0. (The paper bounds a cosine of the noises,
 * which are alike at the start of a run too, where there is little but noise.)
 *
 * @throws CacherError
 */
export function adaptiveGuidance(options: { readonly threshold?: number } = {}): GuidanceCache {
  const { threshold = 0.05 } = options
  checkNumber('adaptive-guidance: threshold', threshold, 0, 1)
  return { kind: 'guidance', name: 'adaptive-guidance', cell: () => 'both', until: threshold }
}
