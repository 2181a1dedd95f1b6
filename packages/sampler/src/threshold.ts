import { FewstepError } from '@fewstep/errors'

/** A function of the estimate of `x0` of one sample. It leaves its argument unchanged. */
export type Threshold = (denoised: Float32Array) => Float32Array

/** Clips each number to `−range` … `range`. @throws ThresholdError unless the range is above 0 */
export function clip(options: { readonly range?: number } = {}): Threshold {
  const { range = 1 } = options
  if (!(range > 0)) throw new ThresholdError('clip', 'range', 'a number above 0', range)
  return denoised => denoised.map(value => Math.min(Math.max(value, -range), range))
}

/**
 * Dynamic thresholding (arXiv 2205.11487 §2.3): `clip(D, −s, s)/s`, where `s` is the quantile `ratio` of `|D|` (linearly
 * interpolated), at least 1 and at most `maximum`. With the maximum 1 this is a clip to 1.
 *
 * @throws ThresholdError unless 0 <= ratio <= 1 and maximum > 0
 */
export function dynamicThreshold(options: { readonly ratio?: number; readonly maximum?: number } = {}): Threshold {
  const { ratio = 0.995, maximum = 1 } = options
  if (!(ratio >= 0 && ratio <= 1)) throw new ThresholdError('dynamicThreshold', 'ratio', 'a number from 0 to 1', ratio)
  if (!(maximum > 0)) throw new ThresholdError('dynamicThreshold', 'maximum', 'a number above 0', maximum)
  return denoised => {
    const bound = Math.min(Math.max(quantile(denoised.map(Math.abs), ratio), 1), maximum)
    return denoised.map(value => Math.min(Math.max(value, -bound), bound) / bound)
  }
}

function quantile(numbers: Float32Array, ratio: number): number {
  const sorted = numbers.sort()
  const place = ratio * (sorted.length - 1)
  const low = Math.floor(place)
  const below = sorted[low]!
  return below + (place - low) * (sorted[Math.min(low + 1, sorted.length - 1)]! - below)
}

export class ThresholdError extends FewstepError {
  override readonly name = 'Sampler.ThresholdError'
  override readonly kind = 'input'
  constructor(subject: string, option: string, expected: string, got: number) {
    super(`${subject}: ${option} must be ${expected}, got ${got}`)
  }
}
