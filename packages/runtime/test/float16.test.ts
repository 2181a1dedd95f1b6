import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromFloat16, toFloat16 } from '../src/float16.ts'

/** If the engine has float16, it is the oracle. */
const native = new Float16Array(1)
const bitsOfNative = new Uint16Array(native.buffer)

test('all 65,536 bit patterns convert to the same number as in the engine, and back', () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    bitsOfNative[0] = bits
    const number = fromFloat16(bits)
    if (!Object.is(number, native[0])) expect.fail(`${bits} is ${native[0]}, got ${number}`)
    if (!Number.isNaN(number) && toFloat16(number) !== bits) expect.fail(`${number} is ${bits}`)
  }
})

test('numbers in between are rounded to the nearest, ties to even', () => {
  for (let bits = 0; bits < 0x7c00; bits++) {
    const [low, high] = [fromFloat16(bits), bits === 0x7bff ? 65536 : fromFloat16(bits + 1)]
    for (const share of [0.25, 0.5, 0.5 - 1e-9, 0.5 + 1e-9, 0.75]) {
      const number = low + share * (high - low)
      native[0] = number
      if (toFloat16(number) !== bitsOfNative[0]) expect.fail(`${number} is ${bitsOfNative[0]}`)
      if (toFloat16(-number) !== (bitsOfNative[0]! | 0x8000)) expect.fail(`-${number}`)
    }
  }
})

test('any double is rounded as the engine rounds it', () => {
  fc.assert(
    fc.property(fc.double(), number => {
      native[0] = number
      expect(toFloat16(number)).toBe(Number.isNaN(number) ? 0x7e00 : bitsOfNative[0])
    }),
    { seed: 7, numRuns: 5000 },
  )
})
