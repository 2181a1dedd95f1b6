import {
  type AdaptiveOutput,
  easyCache,
  type Forecast,
  forecasting,
  spectrum,
  taylorSeer,
  timetable,
  uCache,
} from '@fewstep/cachers'
import { edm, exponential, type NoiseLevel } from '@fewstep/schedules'
import { euler, run } from '@fewstep/solvers'
import { describe, expect, test } from 'vitest'
import { vectors } from '../../solvers/test/support/vectors.ts'

const levels = exponential({ sigmaMin: 0.05, sigmaMax: 20 }).levels(40, edm())
const plan = euler().plan(levels)

/** Runs a plan with an output cache, on data N(0, 0.5²), and checks that no tensor stays alive. */
async function cached(
  cache: AdaptiveOutput | Forecast,
  denoised = (x: number, { sigma }: NoiseLevel) => (0.25 * x) / (0.25 + sigma ** 2),
) {
  const ops = vectors()
  const denoise = (x: Float64Array, level: NoiseLevel) => ({
    denoised: ops.make(x.map(value => denoised(value, level))),
  })
  const wrapped =
    cache.kind === 'forecast'
      ? forecasting(cache, timetable(plan, [cache], { guided: false }), denoise, ops)
      : cache.wrap<Float64Array>(denoise, ops)
  const events = run(plan, Float64Array.of(15, -3), { ops, denoise: wrapped.denoise })
  for (;;) {
    const { value, done } = await events.next()
    if (!done) continue
    wrapped.dispose()
    expect([...ops.alive]).toEqual([value])
    return { x: [...value], calls: wrapped.calls() }
  }
}

/** The same run without any cache. */
async function plain(): Promise<{ readonly x: readonly number[]; readonly calls: number }> {
  const ops = vectors()
  let calls = 0
  const denoise = (x: Float64Array, { sigma }: NoiseLevel) => {
    calls += 1
    return { denoised: ops.make(x.map(value => (0.25 * value) / (0.25 + sigma ** 2))) }
  }
  const events = run(plan, Float64Array.of(15, -3), { ops, denoise })
  for (;;) {
    const { value, done } = await events.next()
    if (done) return { x: [...value], calls }
  }
}

const exact = await plain()

describe.each([
  ['easycache', (threshold: number) => easyCache({ threshold })],
  ['ucache', (threshold: number) => uCache({ threshold })],
] as const)('%s', (_, make) => {
  test('at threshold 0 runs every evaluation', async () => {
    expect(exact.calls).toBe(40)
    expect(await cached(make(0))).toEqual(exact)
  })

  test('leaves out more evaluations at a higher threshold, and stays close to the run without a cache', async () => {
    const runs = await Promise.all([0.05, 0.3, 3].map(threshold => cached(make(threshold))))
    const calls = runs.map(run => run.calls)
    const away = runs.map(({ x }) => Math.hypot(...x.map((value, i) => value - exact.x[i]!)))
    expect(calls[0]).toBeLessThan(40)
    expect(calls).toEqual([...calls].sort((a, b) => b - a))
    expect(calls[2]).toBeLessThan(calls[0]!)
    for (const error of away) expect(error).toBeLessThan(0.1)
  })

  test('a difference ε − u that never changes is reused without error', async () => {
    const wanted = (x: number, { sigma }: NoiseLevel) => x - sigma * (x / Math.hypot(1, sigma) + 0.3)
    const all = await cached(make(0), wanted)
    const few = await cached(make(1), wanted)
    expect(few.calls).toBeLessThan(20)
    for (const [i, value] of all.x.entries()) expect(few.x[i]).toBeCloseTo(value, 9)
  })
})

describe('forecasts', () => {
  test.each([0, 1, 2, 3])('TaylorSeer of order %d is exact for lines, or constants at order 0', order => {
    const { weights } = taylorSeer({ order })
    const nodes = Array.from({ length: order + 1 }, (_, i) => 2 + 2 * i)
    const at = nodes.at(-1)! + 1.5
    const forecast = (f: (e: number) => number) => weights(nodes, at).reduce((sum, w, i) => sum + w * f(nodes[i]!), 0)
    expect(forecast(() => 3)).toBeCloseTo(3, 12)
    if (order > 0) expect(forecast(e => 2 * e - 1)).toBeCloseTo(2 * at - 1, 12)
    // Backward differences are derivatives half a step back, so squares have the error −h·distance.
    if (order > 1) expect(forecast(e => e * e)).toBeCloseTo(at * at - 2 * 1.5, 12)
  })

  test('Spectrum forecasts constants exactly, and others more exactly with a smaller ridge', () => {
    const nodes = [0, 1, 2, 3, 5, 8]
    const forecast = (ridge: number, f: (e: number) => number) =>
      spectrum({ ridge, blend: 1 })
        .weights(nodes, 10)
        .reduce((sum, w, i) => sum + w * f(nodes[i]!), 0)
    expect(forecast(1, () => 3)).toBeCloseTo(3, 10)
    const cubic = (e: number) => 0.01 * e ** 3 - 0.1 * e
    const [loose, tight] = [1, 1e-9].map(ridge => Math.abs(forecast(ridge, cubic) - cubic(10)))
    expect(tight).toBeLessThan(1e-5)
    expect(loose).toBeGreaterThan(tight!)
  })

  test('leave out the evaluations that the timetable marks, and end close to the run without a cache', async () => {
    for (const cache of [taylorSeer({ interval: 2 }), spectrum()]) {
      const { x, calls } = await cached(cache)
      const cells = timetable(plan, [cache], { guided: false })
      expect(calls).toBe(cells.filter(({ output }) => output === 'compute').length)
      expect(calls).toBeLessThan(30)
      expect(Math.abs(x[0]! - exact.x[0]!)).toBeLessThan(0.15)
    }
  })
})
