import { clip, dynamicThreshold, type Threshold } from '../threshold.ts'
import type { Options } from './config.ts'

/** `thresholding` and what belongs to it. */
export function thresholded(o: Options): Threshold | undefined {
  return o.thresholding === true
    ? dynamicThreshold({ ratio: o.dynamic_thresholding_ratio, maximum: o.sample_max_value })
    : undefined
}

/** `clip_sample` and `clip_sample_range`. */
export function clipped(o: Options): Threshold | undefined {
  return o.clip_sample === true ? clip({ range: o.clip_sample_range }) : undefined
}

/** Either; thresholding goes first. */
export function limited(o: Options): Threshold | undefined {
  return thresholded(o) ?? clipped(o)
}
