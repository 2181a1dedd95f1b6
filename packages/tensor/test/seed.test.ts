import { readFileSync } from 'node:fs'
import { readSeed, SeedError, seedAfter, seedToJson, torchGenerator } from '@fewstep/tensor'
import { describe, expect, test } from 'vitest'

type Reference = {
  readonly cases: readonly { readonly seed: string; readonly latents: readonly number[] }[]
  readonly refused: readonly string[]
}
const file = new URL('../../../reference/data/torch-seeds.json', import.meta.url)
const { cases, refused } = JSON.parse(readFileSync(file, 'utf8')) as Reference

describe.each(cases)('the seed $seed', ({ seed, latents }) => {
  test('is exact as text and as JSON, and gives the numbers of torch', () => {
    const read = readSeed(seed)
    expect(BigInt(read)).toBe(BigInt(seed))
    expect(typeof read).toBe(Number.isSafeInteger(Number(seed)) ? 'number' : 'bigint')
    expect(readSeed(JSON.parse(JSON.stringify(seedToJson(read))))).toBe(read)
    // The last numbers depend on how many are drawn at once, the first ones do not.
    const drawn = torchGenerator(read).normal(256)
    latents.forEach((value, i) => {
      expect(Math.abs(drawn[i]! - value), `element ${i}`).toBeLessThan(1e-6)
    })
  })
})

test.each([...refused, '1.5', '', ' ', 'seven', '1e400', 'NaN', 0.5, 2 ** 53, -(2 ** 53), Number.NaN, 1n << 64n])(
  'the seed %s is refused',
  seed => {
    expect(() => readSeed(seed)).toThrow(SeedError)
    expect(() => readSeed(seed)).toThrow(/the seed must be a whole number from -2\^63 to 2\^64-1, got/)
  },
)

test('a number that is not exact is an error with the remedy', () => {
  expect(() => readSeed(2 ** 60)).toThrow(/use a bigint or decimal text/)
})

test.each<[string | number | bigint, number | bigint]>([
  ['7', 7],
  [' +7 ', 7],
  ['007', 7],
  ['1e3', 1000],
  ['0x10', 16],
  ['-0', 0],
  [7n, 7],
  [2n ** 53n, 2n ** 53n],
  ['9007199254740993', 9007199254740993n],
])('the seed %s is %s', (given, read) => {
  expect(readSeed(given)).toBe(read)
})

test('a range of seeds counts by ones, also across 2^53, and ends at 2^64-1', () => {
  const first = Number.MAX_SAFE_INTEGER - 1
  const range = [0, 1, 2, 3, 4].map(i => String(seedAfter(first, i)))
  expect(range).toEqual([
    '9007199254740990',
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
    '9007199254740994',
  ])
  expect([seedAfter(-1, 1), seedAfter(-(2n ** 63n), 1)]).toEqual([0, 1n - 2n ** 63n])
  expect(seedAfter(2n ** 64n - 2n, 1)).toBe(2n ** 64n - 1n)
  expect(() => seedAfter(2n ** 64n - 1n, 1)).toThrow(SeedError)
})
