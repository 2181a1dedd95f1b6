import type { GuidanceCache } from './cacher.ts'
import { checkNumber } from './errors.ts'

/**
 * Adaptive guidance (arXiv 2312.12487): guidance ends for the rest of the run once the estimates of x0 with and without the
 * prompt differ by `mean|D_c − D_u| / mean|D_c| < threshold`. The paper compares the two predicted noises by their cosine
 * instead; at the start of a run, where the input is nearly pure noise, those are alike too.
 *
 * @throws CacherError
 */
export function adaptiveGuidance(options: { readonly threshold?: number } = {}): GuidanceCache {
  const { threshold = 0.05 } = options
  checkNumber('adaptive-guidance: threshold', threshold, 0, 1)
  return { kind: 'guidance', name: 'adaptive-guidance', cell: () => 'both', until: threshold }
}
