import type { Pixels } from '@fewstep/pipelines'
import { describe, expect, test } from 'vitest'
import { toRgba } from '../src/image/image-data.ts'
import { fileName, settingsOfPng, toPng } from '../src/image/png.ts'
import { difference, psnr } from '../src/image/psnr.ts'

const picture = (width: number, height: number, ...data: number[]): Pixels => ({
  width,
  height,
  data: Uint8ClampedArray.from(data),
})
const [black, grey] = [picture(1, 1, 0, 0, 0), picture(1, 1, 51, 51, 51)]

test('PSNR is 20·log10(255/51) for a difference of 51 everywhere, and infinite for none', () => {
  expect(psnr(black, grey)).toBeCloseTo(20 * Math.log10(5), 12)
  expect(psnr(grey, grey)).toBe(Number.POSITIVE_INFINITY)
})

test('a difference is absolute, as strong as asked, and ends at white', () => {
  expect([...difference(picture(1, 1, 10, 20, 255), picture(1, 1, 30, 15, 0)).data]).toEqual([40, 10, 255])
})

test.each([psnr, difference])('images of two sizes have no $name', compare => {
  expect(() => compare(black, picture(1, 2, 0, 0, 0, 0, 0, 0))).toThrow(/1×1 and 1×2/)
})

test('a canvas gets rows of opaque pixels', () => {
  expect([...toRgba(picture(2, 1, 1, 2, 3, 4, 5, 6))]).toEqual([1, 2, 3, 255, 4, 5, 6, 255])
})

describe('a PNG', () => {
  const settings = { prompt: 'a “café” 🍎', negative: '', seed: 7, steps: 5, guidance: 7.5, caches: ['deepcache'] }

  test('carries its settings, whatever the prompt is written in', () => {
    expect(settingsOfPng(toPng(grey, settings))).toEqual(settings)
  })

  test.each([
    ['one of nothing', new Uint8Array(), /not a readable PNG/],
    ['one cut off', toPng(grey, settings).subarray(0, 60), /not a readable PNG|carries no settings/],
  ])('%s is refused in words', (_, bytes, words) => {
    expect(() => settingsOfPng(bytes)).toThrow(words)
  })
})

test.each([
  ['A red apple!', 7, 'a-red-apple-7.png'],
  ['🍎', 0, 'image-0.png'],
  ['Äpfel & Birnen', -1, 'äpfel-birnen--1.png'],
])('%s is saved as %3$s', (prompt, seed, name) => {
  expect(fileName({ prompt, seed })).toBe(name)
})
