import { readFileSync } from 'node:fs'
import {
  appendClean,
  beta,
  betaTimestep,
  distilled,
  edm,
  exponential,
  flow,
  flowShift,
  flowUniform,
  gits,
  givenSigmas,
  givenTimesteps,
  iddpm,
  karras,
  klOptimal,
  laplace,
  linearQuadratic,
  linspace,
  type NoiseLevel,
  type Process,
  polyexponential,
  rescale,
  type Schedule,
  scaledLinear,
  sgmUniform,
  shiftForTokens,
  simple,
  split,
  startAt,
  subset,
  thinned,
  vp,
} from '@fewstep/schedules'
import { describe, expect, test } from 'vitest'

type Row = {
  readonly name: string
  readonly steps: number
  readonly sigmas?: readonly number[]
  readonly timesteps?: readonly number[]
}
const file = new URL('../../../reference/data/schedules.json', import.meta.url)
const { rows } = JSON.parse(readFileSync(file, 'utf8')) as { readonly rows: readonly Row[] }

const rho = ({ alpha, sigma }: NoiseLevel): number => sigma / alpha
const vpSigma = (t: number): number => Math.sqrt(Math.exp((19.9 * t * t) / 2 + 0.1 * t) - 1)
const original: Readonly<Record<string, readonly [Schedule, Process, (level: NoiseLevel) => number]>> = {
  beta: [beta({ within: linspace() }), scaledLinear(), rho],
  lu: [exponential(), scaledLinear(), rho],
  shift: [flowUniform({ shift: 3 }), flow(), level => level.sigma],
  exponential: [flowUniform({ shift: Math.exp(0.8), shiftTerminal: 0.1 }), flow(), level => level.sigma],
  linear: [flowUniform({ shift: 0.8, shiftTerminal: 0.1 }), flow(), level => level.sigma],
  vp: [vp({ sigmaMax: vpSigma(1), sigmaMin: vpSigma(0.001) }), edm(), rho],
  iddpm: [iddpm({ sigmaMax: 81, sigmaMin: 0.002 }), edm(), rho],
  'beta-timestep': [betaTimestep(), scaledLinear(), level => level.timestep!],
  simple: [simple(), scaledLinear(), level => level.timestep!],
  'sgm-uniform': [sgmUniform(), scaledLinear(), level => level.timestep!],
  'linear-quadratic': [linearQuadratic(), flow(), level => level.sigma],
}

describe.each(rows)('$name, $steps steps, equals the original', ({ name, steps, sigmas, timesteps }) => {
  test('level by level', () => {
    const [schedule, process, value] = original[name]!
    const got = schedule.levels(steps, process).map(value)
    // The originals' float32.
    for (const [i, expected] of (sigmas ?? timesteps!).entries()) {
      expect(Math.abs(got[i]! - expected), `level ${i}: ${got[i]} and ${expected}`).toBeLessThan(
        4e-6 * Math.max(1, expected),
      )
    }
    if (sigmas !== undefined) expect(got).toHaveLength(sigmas.length)
  })
})

test('KL-optimal has the closed form of arXiv 2404.14507, theorem 3.1', () => {
  const expected = [20, 2.30932, 1.17785, 0.74728, 0.50755, 0.3455, 0.22115, 0.11613, 0.02]
  const got = klOptimal({ dataDeviation: 0.5, sigmaMin: 0.02, sigmaMax: 20 }).levels(9, edm())
  for (const [i, sigma] of expected.entries()) expect(got[i]!.sigma).toBeCloseTo(sigma, 4)
})

test('polyexponential is a power of ln sigma, scaled to 0 … 1; with rho 1 it is exponential', () => {
  const ends = { sigmaMin: 0.01, sigmaMax: 100 }
  const sigmas = (schedule: Schedule) => schedule.levels(5, edm()).map(level => level.sigma)
  const expected = [1, 0.75, 0.5, 0.25, 0].map(r => 0.01 * 1e4 ** (r * r))
  for (const [i, sigma] of sigmas(polyexponential({ ...ends, rho: 2 }))
    .slice(0, -1)
    .entries()) {
    expect(sigma / expected[i]!).toBeCloseTo(1, 12)
  }
  for (const [i, sigma] of sigmas(polyexponential(ends)).entries())
    expect(sigma).toBeCloseTo(sigmas(exponential(ends))[i]!, 10)
})

test('Laplace: ends as given, e^mu in the middle, quantiles of the law', () => {
  const got = laplace({ sigmaMin: Math.exp(-3), sigmaMax: Math.exp(5), mu: 1, scale: 0.5 }).levels(5, edm())
  // ln sigma lies symmetrically around mu: 1 ± 4; a quarter of the mass left beyond 1 + 0.5 ln 2, nearly.
  const cut = Math.exp(-8) / 2
  const quarter = cut + (1 - 2 * cut) / 4
  const expected = [5, 1 - 0.5 * Math.log(2 * quarter), 1, 1 + 0.5 * Math.log(2 * quarter), -3]
  for (const [i, log] of expected.entries()) expect(Math.log(got[i]!.sigma)).toBeCloseTo(log, 10)
})

// The published sigmas for Stable Diffusion, coefficient 1.20, without their ends.
test.each([
  [2, [0.803307]],
  [5, [2.84484982, 1.24153244, 0.59516323, 0.25053367]],
  [10, [5.85520077, 2.84484982, 1.67050016, 1.08895338, 0.74807048, 0.50118381, 0.32104823, 0.19894916, 0.09824532]],
])('GITS has the published levels of %d steps', (steps, expected) => {
  const levels = gits({ terminal: 'first' }).levels(steps, scaledLinear())
  expect(rho(levels[0]!) / 14.61464119).toBeCloseTo(1, 5)
  expect(rho(levels[steps]!) / 0.02916753).toBeCloseTo(1, 4)
  // They were interpolated between timesteps in another variable: up to 0.001 of a timestep apart.
  for (const [i, sigma] of expected.entries()) expect(rho(levels[i + 1]!) / sigma).toBeCloseTo(1, 4)
})

test('VE of arXiv 2206.00364, table 1, is exponential', () => {
  const got = exponential({ sigmaMin: 0.02, sigmaMax: 100 }).levels(7, edm())
  for (let i = 0; i < 7; i++) {
    expect(got[i]!.sigma).toBeCloseTo(Math.sqrt(100 ** 2 * (0.02 ** 2 / 100 ** 2) ** (i / 6)), 9)
  }
})

test('iDDPM has no more levels than its own', () => {
  expect(() => iddpm().levels(1001, edm())).toThrow(/levels from .* for 1001 steps; take fewer/)
})

const any = {
  polyexponential: polyexponential(),
  klOptimal: klOptimal(),
  beta: beta(),
  gits: gits(),
  betaTimestep: betaTimestep(),
  laplace: laplace(),
  vp: vp(),
  iddpm: iddpm(),
  simple: simple(),
  sgmUniform: sgmUniform(),
  flowUniform: flowUniform({ shift: 3 }),
  linearQuadratic: linearQuadratic(),
}
describe.each(Object.entries(any))('%s', (_, schedule) => {
  test.each([1, 2, 3, 10, 50])('%d steps: begins at the noisiest level, falls, ends clean, in any frame', steps => {
    for (const process of [scaledLinear(), edm(), flow(), scaledLinear({ zeroTerminalSnr: true })]) {
      // Curves in sigma cannot begin where sigma/alpha is infinite.
      const endless = rho(process.level(process.last)) === Number.POSITIVE_INFINITY
      if (
        endless &&
        ['polyexponential', 'klOptimal', 'beta', 'laplace', 'gits', 'vp', 'iddpm'].includes(schedule.name)
      ) {
        expect(() => schedule.levels(steps, process)).toThrow(/give sigmaMin and sigmaMax|without signal/)
        continue
      }
      // Whole timesteps are for processes that have them.
      if (process.first < 0 && ['betaTimestep', 'simple'].includes(schedule.name)) continue
      const levels = schedule.levels(steps, process)
      expect(levels).toHaveLength(steps + 1)
      expect(levels[steps]).toEqual({ alpha: 1, sigma: 0 })
      if (schedule.name !== 'iddpm') expect(levels[0]!.alpha).toBeCloseTo(process.level(process.last).alpha, 9)
      for (let i = 1; i <= steps; i++) expect(rho(levels[i]!)).toBeLessThan(rho(levels[i - 1]!))
    }
  })
})

// diffusers' LCMScheduler and TCDScheduler.
test.each([
  [1, 50, [999]],
  [3, 50, [999, 679, 339]],
  [4, 50, [999, 759, 499, 259]],
  [8, 50, [999, 879, 759, 639, 499, 379, 259, 139]],
  [4, 30, [989, 758, 494, 263]],
])('%d steps of a model distilled at %d timesteps', (steps, original, expected) => {
  const levels = distilled({ original }).levels(steps, scaledLinear())
  expect(levels.map(level => level.timestep)).toEqual([...expected, undefined])
})

test('a distilled model has no more steps than it was distilled at', () => {
  expect(() => distilled().levels(51, scaledLinear())).toThrow(/50 original steps for 51 steps; take fewer/)
  expect(() => distilled({ original: 1001 }).levels(1, scaledLinear())).toThrow(/1000 timesteps for 1001/)
  expect(() => distilled({ original: 2.5 })).toThrow(/original steps to be a whole number of at least 1, got 2.5/)
})

// diffusers' CMStochasticIterativeScheduler, 40 steps of training.
test.each([
  [1, [80]],
  [2, [80, 2.24044]],
  [5, [80, 23.61009, 5.38, 0.82294, 0.06276]],
])('%d of the levels that a consistency model was trained on', (steps, expected) => {
  const levels = thinned(karras(), { of: 40 }).levels(steps, edm())
  expect(levels.map(level => level.sigma)).toEqual([...expected, 0].map(sigma => expect.closeTo(sigma, 3)))
  expect(() => thinned(karras(), { of: 40 }).levels(41, edm())).toThrow(/at most 40 steps, got 41/)
})

describe('given levels', () => {
  test('are taken as they are', () => {
    expect(
      givenSigmas([10, 1, 0])
        .levels(2, edm())
        .map(level => level.sigma),
    ).toEqual([expect.closeTo(10, 12), expect.closeTo(1, 12), 0])
    expect(
      givenTimesteps([999, 499])
        .levels(2, scaledLinear())
        .map(level => level.timestep),
    ).toEqual([999, 499, undefined])
  })

  test.each([
    ['another number of steps', () => givenSigmas([10, 1]).levels(3, edm()), /2 noisy levels for 3 steps; ask for 2/],
    ['rising', () => givenTimesteps([1, 2]).levels(2, scaledLinear()), /does not fall/],
    ['none', () => givenSigmas([0]), /at least one noisy value/],
    ['not a number', () => givenSigmas([Number.NaN]).levels(1, edm()), /finite values above 0, got NaN/],
  ])('%s is refused', (_, make, message) => {
    expect(make).toThrow(message)
  })
})

describe('combinators', () => {
  const levels = karras().levels(10, scaledLinear())

  test('start at strength, counted as diffusers and as ComfyUI do', () => {
    expect(startAt(karras(), { strength: 0.3 }).levels(10, scaledLinear())).toEqual(levels.slice(-4))
    const made = startAt(karras(), { strength: 0.3, steps: 'made' }).levels(3, scaledLinear())
    expect(made).toEqual(levels.slice(-4))
    expect(startAt(karras(), { strength: 1 }).levels(10, scaledLinear())).toEqual(levels)
    expect(() => startAt(karras(), { strength: 0.05 }).levels(10, scaledLinear())).toThrow(/leaves none of 10 steps/)
    expect(() => startAt(karras(), { strength: 0 })).toThrow(
      /needs strength to be a number above 0 and at most 1, got 0/,
    )
  })

  test('split shares one level', () => {
    const [noisy, clean] = split(levels, 4)
    expect([...noisy, ...clean.slice(1)]).toEqual(levels)
    expect(noisy.at(-1)).toBe(clean[0])
    for (const at of [0, 10, 1.5, -1]) expect(() => split(levels, at)).toThrow(/levels 1 to 9/)
  })

  test('rescale multiplies sigma/alpha and keeps the clean end', () => {
    const half = rescale(karras({ sigmaMin: 0.5 }), 0.5).levels(5, scaledLinear())
    const whole = karras({ sigmaMin: 0.5 }).levels(5, scaledLinear())
    for (const [i, level] of half.entries()) expect(rho(level)).toBeCloseTo(rho(whole[i]!) / 2, 10)
    expect(half.at(-1)).toEqual({ alpha: 1, sigma: 0 })
  })

  test('append clean once, take a subset', () => {
    expect(appendClean(levels)).toBe(levels)
    expect(appendClean(levels.slice(0, -1))).toEqual(levels)
    expect(subset(levels, [0, 5, -1])).toEqual([levels[0], levels[5], levels[10]])
    expect(() => subset(levels, [5, 2])).toThrow(/does not fall at level 1/)
    expect(() => subset(levels, [11])).toThrow(/levels 0 to 10, got 11/)
  })

  test('a flow shift of a schedule is the shifted schedule', () => {
    const options = { shift: 3, shiftTerminal: 0.05 }
    const got = flowShift(flowUniform(), options).levels(8, flow())
    for (const [i, level] of flowUniform(options).levels(8, flow()).entries()) {
      expect(got[i]!.sigma).toBeCloseTo(level.sigma, 12)
    }
    expect(() => flowUniform({ shiftTerminal: 0.1 }).levels(1, flow())).toThrow(/cannot stretch a single level/)
    expect(() => flowUniform({ shift: 0 })).toThrow(/shift to be a number above 0, got 0/)
    expect(shiftForTokens(256)).toBe(0.5)
    expect(shiftForTokens(4096)).toBeCloseTo(1.15, 12)
  })
})
