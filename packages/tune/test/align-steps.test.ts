import { edm, karras, scaledLinear } from '@fewstep/schedules'
import { float32Ops, torchGenerator } from '@fewstep/tensor'
import { alignSteps, denoiserGap, type EstimateGap, intervalKlub, klub, subdivide } from '@fewstep/tune'
import { describe, expect, test } from 'vitest'

const c = 0.5
/** Exact on N(0, c²): arXiv 2404.14507, section 3.1. */
const gaussian: EstimateGap = (t, u) => c ** 4 * (1 / (t * t + c * c) - 1 / (u * u + c * c))

// The optimum for Euler's method in closed form (theorem 3.1), and the bound's own fixed point (equation 31).
const euler = Array.from({ length: 9 }, (_, i) => {
  return c * Math.tan((1 - i / 8) * Math.atan(20 / c) + (i / 8) * Math.atan(0.02 / c))
})
const fixed = [20, 0.449423, 0.249864, 0.156622, 0.102003, 0.067438, 0.044871, 0.029938, 0.02]

describe('the bound on Gaussian data', () => {
  test.each([
    ['at the fixed point', fixed, 27.61597, 4],
    ["at Euler's optimum", euler, 232.832, 2],
  ])('%s', async (_, sigmas, expected, digits) => {
    // The expected numbers leave out the factor c⁴ of the gap.
    expect((await klub(sigmas, { gap: gaussian, examples: 3 })) / c ** 4).toBeCloseTo(expected, digits)
  })

  test('is the integral, whatever deviation guides the sampling', async () => {
    const [lower, upper] = [0.1, 2]
    // Simpson's rule in ln t.
    const n = 2000
    let integral = 0
    for (let i = 0; i <= n; i++) {
      const t = lower * (upper / lower) ** (i / n)
      const weight = i === 0 || i === n ? 1 : i % 2 === 1 ? 4 : 2
      integral += (weight * t ** -2 * (await gaussian(t, upper, 0)) * Math.log(upper / lower)) / (3 * n)
    }
    expect(await intervalKlub(lower, upper, { gap: gaussian, examples: 1 })).toBeCloseTo(integral, 9)
    for (const dataDeviation of [0.3, 1, 2]) {
      const sampled = await intervalKlub(lower, upper, { gap: gaussian, examples: 4000, dataDeviation })
      // Evenly spread samples of a smooth ratio: an error of order 1/examples.
      expect(Math.abs(sampled / integral - 1)).toBeLessThan(2e-3)
    }
  })
})

describe('alignSteps', () => {
  test('finds the fixed point of equation 31 on Gaussian data', async () => {
    const begin = karras({ sigmaMin: 0.02, sigmaMax: 20 }).levels(9, edm()).slice(0, -1)
    let sigmas: readonly number[] = begin.map(level => level.sigma)
    const options = { gap: gaussian, examples: 1, tolerance: 1e-5, sweeps: 3000 }
    let before = Number.POSITIVE_INFINITY
    for await (const sweep of alignSteps(sigmas, options)) {
      const bound = await klub(sweep.sigmas, options)
      expect(bound).toBeLessThanOrEqual(before * (1 + 1e-12))
      before = bound
      sigmas = sweep.sigmas
    }
    expect(before / c ** 4).toBeCloseTo(27.61597, 3)
    for (const [i, sigma] of fixed.entries()) expect(Math.abs(sigmas[i]! / sigma - 1), `level ${i}`).toBeLessThan(5e-3)
  })

  test('resumes from an event as if it had not stopped', async () => {
    const finish = async (sigmas: readonly number[], reach: number, stop = Number.POSITIVE_INFINITY) => {
      let last = { sigmas, reach }
      for await (const sweep of alignSteps(sigmas, { gap: gaussian, examples: 1, reach })) {
        last = sweep
        if (sweep.sweep === stop) break
      }
      return last
    }
    const halfway = await finish(euler, 0.5, 4)
    expect(await finish(halfway.sigmas, halfway.reach)).toMatchObject({ sigmas: (await finish(euler, 0.5)).sigmas })
  })

  test('subdivided, moves the new levels only', async () => {
    const begin = subdivide(euler)
    expect(begin).toHaveLength(17)
    for (let i = 1; i < 17; i += 2) expect(begin[i]! ** 2).toBeCloseTo(begin[i - 1]! * begin[i + 1]!, 12)
    let sigmas = begin
    for await (const sweep of alignSteps(begin, { gap: gaussian, examples: 1, moves: i => i % 2 === 1 })) {
      sigmas = sweep.sigmas
    }
    for (let i = 0; i < 17; i += 2) expect(sigmas[i]).toBe(begin[i])
    // Each new level is alone between two fixed ones: equation 31 gives it at once.
    for (let i = 1; i < 17; i += 2) {
      const [a, b] = [sigmas[i + 1]!, sigmas[i - 1]!]
      const best = c * Math.sqrt((a * b) / (Math.sqrt((a * a + c * c) * (b * b + c * c)) - a * b))
      expect(Math.abs(Math.log(sigmas[i]! / best))).toBeLessThan(0.01 * Math.log(b / a))
    }
  })

  test.each([
    ['too few', [2, 1], /three or more/],
    ['rising', [1, 2, 3], /falling sigmas/],
    ['with a zero', [2, 1, 0], /positive/],
  ])('levels that are %s are refused', async (_, sigmas, message) => {
    await expect(alignSteps(sigmas, { gap: gaussian, examples: 1 }).next()).rejects.toThrow(message)
  })

  test('an invalid gap is an error', async () => {
    const run = alignSteps([2, 1, 0.5], { gap: () => Number.NaN, examples: 1 })
    await expect(run.next()).rejects.toThrow(/gap: expected a finite number of at least 0, got NaN/)
  })
})

test.each([
  ['exploding', edm()],
  ['preserving', scaledLinear()],
])('denoiserGap of the exact denoiser averages to the closed form, variance %s', async (_, process) => {
  const size = 40_000
  const ops = float32Ops()
  const random = torchGenerator(1)
  const [data, noise, further] = [random.normal(size).map(x => c * x), random.normal(size), random.normal(size)]
  let alive = 0
  const counted = {
    combine: (terms: Parameters<typeof ops.combine>[0]) => {
      alive += 1
      return ops.combine(terms)
    },
    dispose: () => {
      alive -= 1
    },
  }
  const gap = denoiserGap({
    process,
    ops: counted,
    example: () => ({ data, noise, further }),
    denoise: (x, { alpha, sigma }) => ({
      denoised: counted.combine([[(alpha * c * c) / (alpha ** 2 * c * c + sigma ** 2), x]]),
    }),
    squaredDistance: (a, b) => a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0),
  })
  const [t, u] = [0.4, 1.5]
  // A mean of squares of normal numbers: relative standard deviation √(2/size) = 0.7 %; three of them.
  expect(Math.abs((await gap(t, u, 0)) / size / (await gaussian(t, u, 0)) - 1)).toBeLessThan(0.021)
  expect(alive).toBe(0)
})
