import type { GuidanceCache } from './cacher.ts'
import { checkNumber } from './errors.ts'

/**
 * Adaptive guidance (arXiv 2312.12487): once the answers with and without the prompt agree, guidance ends for good. Agreement
 * is measured by `mean|F_c − F_u| / mean|F_c|`, which for small angles is the sine of the angle that the paper bounds by a
 * cosine.
 *
 * @throws CacherError
 */
export function adaptiveGuidance(options: { readonly threshold?: number } = {}): GuidanceCache {
  const { threshold = 0.05 } = options
  checkNumber('adaptive-guidance: threshold', threshold, 0, 1)
  return { kind: 'guidance', name: 'adaptive-guidance', cell: () => 'both', until: threshold }
}
