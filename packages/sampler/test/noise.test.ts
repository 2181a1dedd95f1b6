import { brownianNoise, type Gaussian, independentNoise, NoiseError, pathTime } from '@fewstep/sampler'
import { edm, exponential, type NoiseLevel } from '@fewstep/schedules'
import { dpmppSde, type Noise, run, type Solver, seeds2 } from '@fewstep/solvers'
import { float32Ops, philoxGenerator, type TensorOps, torchGenerator } from '@fewstep/tensor'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const gaussian: Gaussian<Float32Array> = (like, seed) => torchGenerator(seed).normal(like.length)
const ops = float32Ops()
const at = (rho: number): NoiseLevel => ({ alpha: 1, sigma: rho })
const draw = async (noise: Noise<Float32Array>, from: number, to: number, count = 4): Promise<Float32Array> =>
  noise(new Float32Array(count), { from: at(from), to: at(to), step: 0, index: 0 })

test('a path over two intervals is the sum of both, wherever it is cut', async () => {
  const rhos = fc.uniqueArray(fc.integer({ min: -900, max: 900 }), { minLength: 3, maxLength: 3 })
  const property = fc.asyncProperty(rhos, fc.maxSafeInteger(), async (logs, seed) => {
    const [a, b, c] = logs.sort((x, y) => y - x).map(log => Math.exp(log / 100)) as [number, number, number]
    const noise = brownianNoise(gaussian, { seed, ops, depth: 24 })
    const length = (from: number, to: number) => Math.sqrt(pathTime(at(from)) - pathTime(at(to)))
    const [whole, first, second] = [await draw(noise, a, c), await draw(noise, a, b), await draw(noise, b, c)]
    // Times are rounded to 2^−24.
    for (const [i, value] of whole.entries())
      expect(length(a, b) * first[i]! + length(b, c) * second[i]!).toBeCloseTo(length(a, c) * value, 3)
  })
  await fc.assert(property, { seed: 7, numRuns: 40 })
})

test('draws are standard normal, and disjoint ones independent', async () => {
  const noise = brownianNoise(gaussian, { seed: 3, ops })
  const count = 40_000
  const draws = await Promise.all(
    [
      [80, 10],
      [10, 9.9],
      [9.9, 1],
      [1, 0.002],
      [0.002, 0],
    ].map(([from, to]) => draw(noise, from!, to!, count)),
  )
  const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
  // Five deviations of each estimate.
  const within = 5 / Math.sqrt(count)
  for (const [i, one] of draws.entries()) {
    expect(Math.abs(mean(one))).toBeLessThan(within)
    expect(Math.abs(mean(one.map(value => value ** 2)) - 1)).toBeLessThan(within * Math.SQRT2)
    expect(Math.abs(mean(one.map(value => value ** 4)) - 3)).toBeLessThan(within * Math.sqrt(96))
    for (const other of draws.slice(0, i))
      expect(Math.abs(mean(one.map((value, k) => value * other[k]!)))).toBeLessThan(within)
  }
})

test('the same seed and levels give the same draw, in any order', async () => {
  const [one, two] = [brownianNoise(gaussian, { seed: 5n, ops }), brownianNoise(gaussian, { seed: 5n, ops })]
  const first = await draw(one, 10, 1)
  await draw(two, 1, 0.5)
  expect(await draw(two, 10, 1)).toEqual(first)
  expect(await draw(brownianNoise(gaussian, { seed: 6, ops }), 10, 1)).not.toEqual(first)
})

/** The result of a run on data from N(0, 1), in float64. */
async function solve(solver: Solver, steps: number, noise: Noise<Float64Array>): Promise<number> {
  const levels = exponential({ sigmaMin: 0.1, sigmaMax: 10, terminal: 'first' }).levels(steps, edm({ sigmaMin: 0.1 }))
  const own = vectors()
  const events = run(solver.plan(levels, edm()), Float64Array.of(3), {
    ops: own,
    denoise: (x, { sigma }) => ({ denoised: x.map(value => value / (1 + sigma * sigma)) }),
    noise,
  })
  for (;;) {
    const { value, done } = await events.next()
    if (done) return value[0]!
  }
}

function vectors(): TensorOps<Float64Array> {
  return {
    combine: terms => terms[0]![1].map((_, i) => terms.reduce((sum, [weight, x]) => sum + weight * x[i]!, 0)),
  }
}

describe('runs with more steps follow the same path', () => {
  test.each([
    ['seeds-2', seeds2()],
    ['dpmpp-sde as published', dpmppSde({ reference: true })],
  ] as const)('%s', async (_, solver) => {
    const normal: Gaussian<Float64Array> = (like, seed) => Float64Array.from(philoxGenerator(seed).normal(like.length))
    const distance = async (noiseOf: (seed: number) => Noise<Float64Array>, steps: number) => {
      let total = 0
      for (let seed = 0; seed < 8; seed++) {
        const difference = (await solve(solver, steps, noiseOf(seed))) - (await solve(solver, 4 * steps, noiseOf(seed)))
        total += difference ** 2
      }
      return Math.sqrt(total / 8)
    }
    const path = (seed: number) => brownianNoise(normal, { seed, ops: vectors(), depth: 30 })
    const [coarse, fine] = [await distance(path, 8), await distance(path, 64)]
    expect(fine).toBeLessThan(coarse / 3)
    expect(fine).toBeLessThan(0.1)
    // Without a path they end far apart, however short the steps.
    expect(await distance(seed => independentNoise(normal, { seed }), 64)).toBeGreaterThan(10 * fine)
  })
})

test('independent draws differ by their place, and are the same again', async () => {
  const noise = independentNoise(gaussian, { seed: 7 })
  const own = (step: number, index: number) => noise(new Float32Array(4), { from: at(2), to: at(1), step, index })
  expect(await own(3, 1)).toEqual(await own(3, 1))
  expect(await own(3, 1)).not.toEqual(await own(1, 3))
  expect(await own(3, 1)).not.toEqual(await own(3, 0))
})

test('every tensor but the draw is disposed', async () => {
  const alive = new Set<Float32Array>()
  const made = (tensor: Float32Array) => {
    alive.add(tensor)
    return tensor
  }
  const counted: TensorOps<Float32Array> = {
    combine: terms => made(ops.combine(terms)),
    dispose: tensor => {
      if (!alive.delete(tensor)) throw new Error('disposed twice, or not ours')
    },
  }
  const noise = brownianNoise<Float32Array>((_, seed) => made(torchGenerator(seed).normal(2)), {
    seed: 1,
    ops: counted,
  })
  const drawn = await draw(noise, 3, 0.7)
  expect([...alive]).toEqual([drawn])
})

test('bad input is an error with a remedy', async () => {
  const noise = brownianNoise(gaussian, { seed: 1, ops, time: ({ sigma }) => sigma, range: [0.1, 10], depth: 10 })
  await expect(draw(noise, 11, 1)).rejects.toThrow(/from 0.1 to 10, got the time 11; give a wider range/)
  await expect(draw(noise, 1.0001, 1)).rejects.toThrow(/use a depth above 10/)
  expect(await draw(noise, 10, 0.1)).toHaveLength(4)
  expect(() => brownianNoise(gaussian, { seed: 0.5, ops })).toThrow(NoiseError)
  expect(() => brownianNoise(gaussian, { seed: 1, ops, range: [1, 0] })).toThrow(/range must rise/)
  expect(() => brownianNoise(gaussian, { seed: 1, ops, depth: 0 })).toThrow(/depth/)
})
