import { clip, dynamicThreshold, type Threshold } from '../threshold.ts'
import type { Options } from './config.ts'

/** The threshold of `thresholding`, `dynamic_thresholding_ratio` and `sample_max_value`. */
export function thresholded(o: Options): Threshold | undefined {
  return o.thresholding === true
    ? dynamicThreshold({ ratio: o.dynamic_thresholding_ratio, maximum: o.sample_max_value })
    : undefined
}

/** The threshold of `clip_sample` and `clip_sample_range`. */
export function clipped(o: Options): Threshold | undefined {
  return o.clip_sample === true ? clip({ range: o.clip_sample_range }) : undefined
}

/** Either of them; `thresholding` takes precedence. */
export function limited(o: Options): Threshold | undefined {
  return thresholded(o) ?? clipped(o)
}
