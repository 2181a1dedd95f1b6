import {
  alignYourSteps,
  appendClean,
  deepFloyd,
  deepFloydTimesteps,
  edm,
  type NoiseLevel,
  scaledLinear,
  sd15,
  sd15Timesteps,
  sdxl,
  sdxlTimesteps,
  squaredCosine,
  svd,
} from '@fewstep/schedules'
import { describe, expect, test } from 'vitest'

const rho = ({ alpha, sigma }: NoiseLevel): number => sigma / alpha
const close = (values: readonly number[], digits = 9) => values.map(value => expect.closeTo(value, digits))
const wide = edm({ sigmaMax: 800 })

// arXiv 2404.14507, the authors' quick-start guide.
const published: Readonly<Record<string, readonly [readonly number[], string]>> = {
  'Stable Diffusion 1.5': [sd15, '14.615 6.475 3.861 2.697 1.886 1.396 0.963 0.652 0.399 0.152 0.029'],
  'Stable Diffusion XL': [sdxl, '14.615 6.315 3.771 2.181 1.342 0.862 0.555 0.38 0.234 0.113 0.029'],
  'DeepFloyd IF': [deepFloyd, '160.41 8.081 3.315 1.885 1.207 0.785 0.553 0.293 0.186 0.03 0.006'],
  'Stable Video Diffusion': [svd, '700 54.5 15.886 7.977 4.248 1.789 0.981 0.403 0.173 0.034 0.002'],
  'Stable Diffusion 1.5, timesteps': [sd15Timesteps, '999 850 736 645 545 455 343 233 124 24 0'],
  'Stable Diffusion XL, timesteps': [sdxlTimesteps, '999 845 730 587 443 310 193 116 53 13 0'],
  'DeepFloyd IF, timesteps': [deepFloydTimesteps, '995 920 811 686 555 418 315 174 109 12 0'],
}

describe.each(Object.entries(published))('%s', (_, [table, text]) => {
  test('has the published digits', () => {
    expect(table.join(' ')).toBe(text)
  })
})

describe.each(Object.entries(published).slice(0, 4))('%s', (_, [table]) => {
  const sigmas = (steps: number) => alignYourSteps(table, { terminal: 'table' }).levels(steps, wide).map(rho)

  test('ten steps are the table', () => {
    expect(sigmas(10)).toEqual(close(table))
  })

  test('twenty have geometric means between, five leave out every other one, one has the ends', () => {
    expect(sigmas(20).filter((_, i) => i % 2 === 0)).toEqual(close(table))
    for (const [i, sigma] of sigmas(20).entries())
      if (i % 2 === 1) expect(sigma).toBeCloseTo(Math.sqrt(table[(i - 1) / 2]! * table[(i + 1) / 2]!), 9)
    expect(sigmas(5)).toEqual(close(table.filter((_, i) => i % 2 === 0)))
    expect(sigmas(1)).toEqual(close([table[0]!, table[10]!]))
  })

  test.each([1, 2, 3, 7, 10, 13, 50])('%d steps end as is asked', steps => {
    const noisy = sigmas(steps).slice(0, -1)
    const zero = alignYourSteps(table).levels(steps, wide)
    expect(zero.map(rho)).toEqual(close([...noisy, 0]))
    const first = alignYourSteps(table, { terminal: 'first' }).levels(steps, wide)
    expect(first.map(rho)).toEqual(close([...noisy, 0.002]))
    expect(appendClean(alignYourSteps(table, { terminal: 'table' }).levels(steps, wide))).toHaveLength(steps + 2)
  })
})

// The sigmas of ComfyUI's node, which lie at the table's timesteps.
test.each([
  [sd15Timesteps, [14.61464, 6.47458, 3.86367, 2.69462, 1.88419, 1.39438, 0.96426, 0.65237, 0.39775, 0.15152, 0.02917]],
  [sdxlTimesteps, [14.61464, 6.31845, 3.76818, 2.18115, 1.34052, 0.86207, 0.55507, 0.37985, 0.23324, 0.11142, 0.02917]],
])('levels at the published timesteps are those of ComfyUI', (table, expected) => {
  const levels = alignYourSteps(table, { unit: 'timestep', terminal: 'table' }).levels(10, scaledLinear())
  expect(levels.map(rho)).toEqual(close(expected, 4))
  expect(levels.map(({ timestep }) => timestep)).toEqual(close(table, 6))
  const rounded = alignYourSteps(table, { unit: 'timestep', rounding: 'nearest' }).levels(10, scaledLinear())
  expect(rounded.map(({ timestep }) => timestep)).toEqual([...table.slice(0, -1), undefined])
})

test('the published sigmas lie within a timestep of the published timesteps', () => {
  for (const [sigmas, timesteps, process] of [
    [sd15, sd15Timesteps, scaledLinear()],
    [sdxl, sdxlTimesteps, scaledLinear()],
    [deepFloyd.slice(1), deepFloydTimesteps.slice(1), squaredCosine()],
  ] as const)
    for (const [i, sigma] of sigmas.entries())
      expect(Math.abs(process.timestep({ alpha: 1, sigma }) - timesteps[i]!), `level ${i}`).toBeLessThan(1.6)
})

test.each([
  ['a single value', () => alignYourSteps([1]), /two or more positive, falling values, got \[1\]/],
  ['a zero', () => alignYourSteps([1, 0]), /positive, falling/],
  ['not a number', () => alignYourSteps([Number.NaN, 1]), /positive, falling/],
  ['rising timesteps', () => alignYourSteps([1, 2], { unit: 'timestep' }), /two or more falling timesteps/],
  ['no steps', () => alignYourSteps(sd15).levels(0, scaledLinear()), /steps to be a whole number/],
  ['a table beyond the process', () => alignYourSteps(svd).levels(10, scaledLinear()), /does not fall at level 1/],
  [
    'a table beyond the process, kept to its end',
    () => alignYourSteps(svd, { terminal: 'table' }).levels(10, scaledLinear()),
    /does not fall at level 1/,
  ],
  [
    'timesteps without signal',
    () => alignYourSteps(sd15Timesteps, { unit: 'timestep' }).levels(10, scaledLinear({ zeroTerminalSnr: true })),
    /without signal; take the table of sigmas/,
  ],
])('%s is refused', (_, make, message) => {
  expect(make).toThrow(message)
})
