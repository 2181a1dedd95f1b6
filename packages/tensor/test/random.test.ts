import { readFileSync } from 'node:fs'
import { philox4x32, philoxGenerator, torchGenerator } from '@fewstep/tensor'
import { describe, expect, test } from 'vitest'

type Reference = {
  readonly cases: readonly {
    readonly seed: string
    readonly draws: readonly {
      readonly size: number
      readonly head: readonly number[]
      readonly tail: readonly number[]
      readonly sum: number
    }[]
    /** Between two of them three normal numbers were drawn. */
    readonly uniforms: readonly (readonly number[])[]
  }[]
}
const file = new URL('../../../reference/data/torch-random.json', import.meta.url)
const reference = JSON.parse(readFileSync(file, 'utf8')) as Reference

describe.each(reference.cases)('torch.randn on a CPU, seed $seed', ({ seed, draws }) => {
  test('equals torch over mixed sizes on one generator', () => {
    const generator = torchGenerator(BigInt(seed))
    for (const { size, head, tail, sum } of draws) {
      const got = [...generator.normal(size)]
      head.forEach((value, i) => {
        expect(Math.abs(got[i]! - value), `element ${i} of ${size}`).toBeLessThan(1e-6)
      })
      tail.forEach((value, i) => {
        expect(Math.abs(got.slice(-tail.length)[i]! - value), `tail ${i} of ${size}`).toBeLessThan(1e-6)
      })
      expect(got.reduce((a, b) => a + b, 0)).toBeCloseTo(sum, 4)
    }
  })
})

test.each(reference.cases)('torch.rand on a CPU, seed $seed, between normal draws', ({ seed, uniforms }) => {
  const generator = torchGenerator(BigInt(seed))
  for (const expected of uniforms) {
    expect([...generator.uniform(expected.length)]).toEqual(expected)
    generator.normal(3)
  }
})

test('philox uniforms stay in [0, 1), differ from call to call and average a half', () => {
  const generator = philoxGenerator(5)
  const [first, second] = [generator.uniform(20_000), generator.uniform(20_000)]
  expect(first).not.toEqual(second)
  for (const draws of [first, second]) {
    expect(draws.every(u => u >= 0 && u < 1)).toBe(true)
    // Five standard errors of a mean of uniforms.
    expect(Math.abs(draws.reduce((a, b) => a + b) / draws.length - 0.5)).toBeLessThan(5 / Math.sqrt(12 * draws.length))
  }
})

describe('torch.randn on CUDA', () => {
  test('has the first numbers of seed 0', () => {
    const expected = [-0.92466259, -0.42534415, -2.6438457, 0.14518388]
    philoxGenerator(0)
      .normal(4)
      .forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i]!, 6)
      })
  })

  // The known-answer vectors of Random123 for philox4x32-10.
  test.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as const)('philox4x32-10 of %j under %j', (counter, key, expected) => {
    expect(philox4x32(counter, key)).toEqual(expected)
  })
})

test.each([1.5, Number.NaN, 2 ** 60])('a seed of %d is refused with a remedy', seed => {
  expect(() => torchGenerator(seed)).toThrow(/whole number/)
})
