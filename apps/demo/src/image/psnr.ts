import type { Pixels } from '@fewstep/pipelines'
import { PageError } from '../page-error.ts'

/**
 * Peak signal to noise of two images of one size: `10·log10(255² / mean squared difference)` in dB, infinite where they
 * are equal.
 *
 * @throws PageError for images of two sizes
 */
export function psnr(a: Pixels, b: Pixels): number {
  checkSizes(a, b)
  let squares = 0
  for (let i = 0; i < a.data.length; i++) squares += (a.data[i]! - b.data[i]!) ** 2
  return squares === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10((255 * 255 * a.data.length) / squares)
}

/** `|a − b|` in each channel, `gain` times as strong, as light on black. @throws PageError for images of two sizes */
export function difference(a: Pixels, b: Pixels, gain = 2): Pixels {
  checkSizes(a, b)
  return { width: a.width, height: a.height, data: a.data.map((value, i) => gain * Math.abs(value - b.data[i]!)) }
}

function checkSizes(a: Pixels, b: Pixels): void {
  if (a.width === b.width && a.height === b.height) return
  throw new PageError(
    `images must have one size, got ${a.width}×${a.height} and ${b.width}×${b.height}; draw both with one model`,
  )
}
