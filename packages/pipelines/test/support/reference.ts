import { readFileSync } from 'node:fs'
import { expect } from 'vitest'

export type Run = {
  readonly scheduler: string
  readonly guidance: number
  readonly steps: number
  readonly prompt: string
  readonly negative: string
  readonly seed: number
  readonly width: number
  readonly height: number
  readonly eta: number
}

export function reference(file: string): Buffer {
  return readFileSync(new URL(`../../../../reference/data/${file}`, import.meta.url))
}

/** Images that diffusers drew, with their settings: `NAME.json` and `NAME.pixels.u8`, one after the other. */
export function drawn<R extends { readonly width: number; readonly height: number } = Run>(
  name: string,
): readonly (R & { readonly pixels: Buffer })[] {
  const { runs } = JSON.parse(reference(`${name}.json`).toString()) as { readonly runs: readonly R[] }
  const pixels = reference(`${name}.pixels.u8`)
  let at = 0
  const cases = runs.map(run => {
    const size = run.width * run.height * 3
    at += size
    return { ...run, pixels: pixels.subarray(at - size, at) }
  })
  expect(at).toBe(pixels.length)
  return cases
}

/** Peak signal to noise, in dB. */
export function psnr(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  let squares = 0
  for (let i = 0; i < theirs.length; i++) squares += (ours[i]! - theirs[i]!) ** 2
  return 10 * Math.log10((255 * 255 * theirs.length) / Math.max(squares, 1e-9))
}

/** Equal as far as float32 on two machines is: 45 dB, and no channel off by more than 3 on 99.9 % of pixels. */
export function expectSame(ours: ArrayLike<number>, theirs: ArrayLike<number>): void {
  expect(ours.length).toBe(theirs.length)
  expect(psnr(ours, theirs)).toBeGreaterThanOrEqual(45)
  let far = 0
  for (let i = 0; i < theirs.length; i++) if (Math.abs(ours[i]! - theirs[i]!) > 3) far += 1
  expect(far / theirs.length).toBeLessThanOrEqual(0.001)
}
