import type { Picture } from '@fewstep/pipelines'

/**
 * Peak signal to noise of two images of one size: `10·log10(255² / mean squared difference)` in dB, infinite where they
 * are equal.
 *
 * @throws RangeError for images of two sizes
 */
export function psnr(a: Picture, b: Picture): number {
  checkSizes(a, b)
  let squares = 0
  for (let i = 0; i < a.data.length; i++) squares += (a.data[i]! - b.data[i]!) ** 2
  return squares === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10((255 * 255 * a.data.length) / squares)
}

/** `|a − b|` in each channel, `gain` times as strong, as light on black. @throws RangeError for images of two sizes */
export function difference(a: Picture, b: Picture, gain = 2): Picture {
  checkSizes(a, b)
  return { width: a.width, height: a.height, data: a.data.map((value, i) => gain * Math.abs(value - b.data[i]!)) }
}

function checkSizes(a: Picture, b: Picture): void {
  if (a.width === b.width && a.height === b.height) return
  throw new RangeError(
    `images must have one size, got ${a.width}×${a.height} and ${b.width}×${b.height}; draw both with one model`,
  )
}
