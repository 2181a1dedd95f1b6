import { readFileSync } from 'node:fs'
import { betaCdf, betaQuantile } from '@fewstep/schedules'
import { describe, expect, test } from 'vitest'

type Pairs = readonly (readonly [number, number])[]
const file = new URL('../../../reference/data/beta-distribution.json', import.meta.url)
const { rows } = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly rows: readonly { readonly a: number; readonly b: number; readonly cdf: Pairs; readonly ppf: Pairs }[]
}

describe.each(rows)('Beta($a, $b) equals scipy', ({ a, b, cdf, ppf }) => {
  test.each(cdf)('below %d', (x, expected) => {
    expect(Math.abs(betaCdf(x, a, b) - expected)).toBeLessThan(1e-11 * Math.max(expected, 1e-3))
  })
  test.each(ppf)('quantile %d', (probability, expected) => {
    expect(Math.abs(betaQuantile(probability, a, b) - expected)).toBeLessThan(1e-11)
  })
})

test('what is no probability or no shape is refused', () => {
  expect(() => betaQuantile(1.5, 1, 1)).toThrow(/probability from 0 to 1, got 1.5/)
  expect(() => betaCdf(0.5, 0, 1)).toThrow(/a and b above 0, got 0 and 1/)
})
