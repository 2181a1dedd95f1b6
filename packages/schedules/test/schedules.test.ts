import {
  alignYourSteps,
  edm,
  exponential,
  flow,
  karras,
  leading,
  linear,
  linspace,
  scaledLinear,
  sd15,
  squaredCosine,
  trailing,
} from '@fewstep/schedules'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const processes = {
  scaledLinear: scaledLinear(),
  linear: linear(),
  squaredCosine: squaredCosine(),
  edm: edm(),
  flow: flow(),
}

test.each(Object.entries(processes))('%s: level and timestep are inverse', (_, process) => {
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 0.99, noNaN: true }), u => {
      const t = process.first + u * (process.last - process.first)
      expect(process.timestep(process.level(t))).toBeCloseTo(t, 6)
    }),
    { seed: 7 },
  )
})

const schedules = {
  leading: leading(),
  trailing: trailing(),
  linspace: linspace(),
  karras: karras(),
  exponential: exponential(),
  ays: alignYourSteps(sd15),
}

describe.each(Object.entries(schedules))('%s', (_, schedule) => {
  test.each([1, 2, 3, 10, 25, 50])('%d steps: one more level, falling, finite, clean at the end', steps => {
    const levels = schedule.levels(steps, scaledLinear())
    expect(levels).toHaveLength(steps + 1)
    const rho = levels.map(({ alpha, sigma }) => sigma / alpha)
    for (let i = 1; i < rho.length; i++) expect(rho[i]!).toBeLessThan(rho[i - 1]!)
    expect(levels.at(-1)).toEqual({ alpha: 1, sigma: 0 })
  })

  test.each([0, -1, 1.5, Number.NaN])('%d steps are refused', steps => {
    expect(() => schedule.levels(steps, scaledLinear())).toThrow(/whole number/)
  })
})

// arXiv 2206.00364: 10 steps from 80 to 0.002 with rho 7.
test('Karras has the published numbers', () => {
  const expected = [80, 42.4152, 21.1087, 9.7232, 4.0661, 1.5017, 0.47, 0.1166, 0.0204, 0.002]
  const got = karras({ sigmaMax: 80, sigmaMin: 0.002 }).levels(10, edm())
  expected.forEach((sigma, i) => {
    expect(got[i]!.sigma).toBeCloseTo(sigma, 3)
  })
})

test('Karras: rho, ends and terminals; a single step begins at the noisiest', () => {
  const sigmas = (options: Parameters<typeof karras>[0], steps: number) =>
    karras({ sigmaMax: 80, sigmaMin: 0.1, ...options })
      .levels(steps, edm())
      .map(level => level.sigma)
  expect(sigmas({}, 1)).toEqual([expect.closeTo(80, 12), 0])
  expect(sigmas({ terminal: 'first' }, 1)).toEqual([expect.closeTo(80, 12), expect.closeTo(0.002, 12)])
  expect(sigmas({ rho: 1 }, 3)).toEqual([...[80, 40.05, 0.1].map(sigma => expect.closeTo(sigma, 9)), 0])
  // The end would repeat the last sigma, and is left out.
  expect(sigmas({ sigmaMin: 0.002, terminal: 'first' }, 2)).toEqual([80, 0.002].map(s => expect.closeTo(s, 9)))
  expect(() => karras({ rho: 0 })).toThrow(/rho to be a number above 0, got 0/)
  expect(() => sigmas({ sigmaMin: 90 }, 3)).toThrow(/0 < sigmaMin < sigmaMax/)
})

test('spacings have the timesteps of the table of arXiv 2305.08891', () => {
  const timesteps = (schedule: { levels: typeof schedules.leading.levels }, n: number) =>
    schedule
      .levels(n, scaledLinear())
      .slice(0, -1)
      .map(level => level.timestep)
  expect(timesteps(leading({ offset: 1 }), 5)).toEqual([801, 601, 401, 201, 1])
  expect(timesteps(trailing(), 5)).toEqual([999, 799, 599, 399, 199])
  expect(timesteps(linspace(), 5)).toEqual([999, 749, 500, 250, 0])
})

test('zero terminal SNR leaves no signal', () => {
  expect(scaledLinear({ zeroTerminalSnr: true }).level(999)).toMatchObject({ alpha: 0, sigma: 1 })
})

test('level and timestep are inverse without terminal signal, too', () => {
  const process = scaledLinear({ zeroTerminalSnr: true })
  for (const t of [0, 0.5, 500.25, 998, 998.5, 999]) expect(process.timestep(process.level(t))).toBeCloseTo(t, 6)
})

test.each([
  ['a negative beta', () => scaledLinear({ betaStart: -1 })],
  ['no timesteps', () => linear({ trainSteps: 0 })],
  ['NaN', () => squaredCosine({ trainSteps: Number.NaN })],
  ['a table larger than memory', () => scaledLinear({ trainSteps: 1e9 })],
  ['such a table of cosines', () => squaredCosine({ trainSteps: 1e9 })],
  ['an upside-down range', () => edm({ sigmaMin: 2, sigmaMax: 1 })],
  ['a timestep beyond the last', () => scaledLinear().level(1000)],
  ['a level that is none', () => scaledLinear().timestep({ alpha: Number.NaN, sigma: 1 })],
  ['a table that rises', () => alignYourSteps([1, 2])],
  ['more steps than timesteps', () => leading().levels(1001, scaledLinear())],
])('%s is refused with what was expected', (_, make) => {
  expect(make).toThrow(/expected|needs|take fewer/)
})

test('levels snap to whole timesteps, and stay the levels of these timesteps', () => {
  const process = scaledLinear()
  const free = karras().levels(10, process)
  const snapped = karras({ rounding: 'snap' }).levels(10, process)
  for (const [i, { alpha, sigma, timestep }] of snapped.slice(0, -1).entries()) {
    expect(timestep).toBe(Math.round(free[i]!.timestep!))
    expect({ alpha, sigma, timestep }).toEqual(process.level(timestep!))
  }
})
