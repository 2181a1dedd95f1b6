import { readFileSync } from 'node:fs'
import { edm, flow, type NoiseLevel, type Process, scaledLinear } from '@fewstep/schedules'
import { readOptions } from '@fewstep/schedules/catalogue'
import {
  type AdaptiveRunOptions,
  type AdaptiveSolver,
  dpmAdaptive,
  elementwiseError,
  integral,
  pid,
  runAdaptive,
} from '@fewstep/solvers'
import { adaptiveCatalogue } from '@fewstep/solvers/catalogue'
import { torchGenerator } from '@fewstep/tensor'
import { describe, expect, test } from 'vitest'
import { exactSolution, line, posteriorMean } from './support/mixture.ts'
import { vectors } from './support/vectors.ts'

const ends: readonly NoiseLevel[] = [
  { alpha: 1, sigma: 10 },
  { alpha: 1, sigma: 0.1 },
]

type Done = { readonly x: Float64Array; readonly calls: number; readonly steps: number; readonly levels: NoiseLevel[] }

async function solve(
  solver: AdaptiveSolver,
  options: {
    readonly levels?: readonly NoiseLevel[]
    readonly x?: readonly number[]
    readonly process?: Process
    readonly draw?: number | (() => Iterable<number>)
    readonly more?: Partial<AdaptiveRunOptions<Float64Array>>
  } = {},
): Promise<Done> {
  const { levels = ends, x = [7], process = edm(), draw = 0.5, more } = options
  const ops = vectors()
  const visited: NoiseLevel[] = []
  let [calls, covered] = [0, -1]
  const events = runAdaptive(solver, levels, Float64Array.from(x), {
    ops,
    process,
    error: elementwiseError,
    denoise: (at, level, call) => {
      expect(call.evaluation).toBe(calls++)
      return { denoised: ops.make([...at].map(value => posteriorMean(line, Float64Array.of(value), level)[0]!)) }
    },
    noise: like => ops.make(typeof draw === 'number' ? like.map(() => draw) : draw()),
    ...more,
  })
  for (;;) {
    const { value, done } = await events.next()
    if (done) {
      expect([...ops.alive]).toEqual([value])
      return { x: value, calls, steps: visited.length, levels: visited }
    }
    expect(value).toMatchObject({ step: visited.length, evaluations: calls })
    expect(value.progress).toBeGreaterThan(covered)
    covered = value.progress
    expect((await value.denoised()).every(Number.isFinite)).toBe(true)
    visited.push(value.level)
    if (value.level !== levels.at(-1)) continue
    expect([value.steps, value.evaluationsTotal, value.progress]).toEqual([visited.length, calls, 1])
  }
}

/** k-diffusion's loop in plain numbers, in the frame of alpha 1; it stops where less than 1e-5 is left. */
function original(
  order: 2 | 3,
  options: { rtol: number; atol: number; eta: number; draw: number; p: number; i: number; d: number },
) {
  const { rtol, atol, eta, draw, p, i, d } = options
  const power = eta > 0 ? 1.5 : order
  const noiseAt = (x: number, t: number) =>
    (x - posteriorMean(line, Float64Array.of(x), { alpha: 1, sigma: Math.exp(-t) })[0]!) / Math.exp(-t)
  const [end, sigma] = [-Math.log(0.1), (t: number) => Math.exp(-t)]
  let [s, h, x, low, calls, steps] = [-Math.log(10), 0.05, 7, 7, 0, 0]
  let errors: number[] = []
  let failed = 0
  while (s < end - 1e-5) {
    const t = Math.min(end, s + h)
    const up = eta * Math.sqrt((sigma(t) ** 2 * (sigma(s) ** 2 - sigma(t) ** 2)) / sigma(s) ** 2)
    const to = Math.min(end, -Math.log(Math.sqrt(sigma(t) ** 2 - up ** 2)))
    const length = to - s
    const e = noiseAt(x, s)
    const r1 = order === 3 ? 1 / 3 : 1 / 2
    const e1 = noiseAt(x - sigma(s + r1 * length) * Math.expm1(r1 * length) * e, s + r1 * length)
    const first = x - sigma(to) * Math.expm1(length) * e
    const second = first - (sigma(to) / (2 * r1)) * Math.expm1(length) * (e1 - e)
    let [lower, high] = [first, second]
    if (order === 3) {
      const part = (2 / 3) * length
      const phi = Math.expm1(part) / part - 1
      const u = x - sigma(s + part) * Math.expm1(part) * e - sigma(s + part) * 2 * phi * (e1 - e)
      const e2 = noiseAt(u, s + part)
      ;[lower, high] = [second, first - ((sigma(to) * 3) / 2) * (Math.expm1(length) / length - 1) * (e2 - e)]
    }
    const error = Math.abs((lower - high) / Math.max(atol, rtol * Math.max(Math.abs(lower), Math.abs(low))))
    const inverse = 1 / (error + 1e-8)
    if (errors.length === 0) errors = [inverse, inverse, inverse]
    errors[0] = inverse
    const raw = errors[0] ** ((p + i + d) / power) * errors[1]! ** (-(p + 2 * d) / power) * errors[2]! ** (d / power)
    const factor = 1 + Math.atan(raw - 1)
    if (factor >= 0.81) {
      errors = [errors[0], errors[0], errors[1]!]
      low = lower
      x = high + Math.sqrt(Math.max(0, sigma(t) ** 2 - sigma(to) ** 2)) * draw
      s = t
      steps += 1
    }
    h *= factor
    // An attempt that is tried again as it was needs no calls of ours.
    if (t !== failed) calls += order
    failed = factor >= 0.81 ? 0 : t
  }
  return { x, calls, steps }
}

describe("it equals k-diffusion's", () => {
  const base = { rtol: 0.05, atol: 0.0078, eta: 0, draw: 0.5, p: 0, i: 1, d: 0 }
  test.each([
    [3, base],
    [2, base],
    [3, { ...base, rtol: 0.005, atol: 0.001 }],
    [2, { ...base, rtol: 0.005, atol: 0.001, p: 0.2, i: 0.3, d: 0.1 }],
    [3, { ...base, eta: 0.5 }],
    [2, { ...base, eta: 1 }],
  ] as const)('order %d, %j', async (order, options) => {
    const { p, i, d, draw, ...rest } = options
    const got = await solve(dpmAdaptive({ order, control: pid({ p, i, d }), ...rest }), { draw })
    const wanted = original(order, options)
    expect(got.x[0]).toBeCloseTo(wanted.x, 9)
    expect([got.calls, got.steps]).toEqual([wanted.calls, wanted.steps])
  })
})

test.each([2, 3] as const)('a smaller tolerance is nearer to the exact solution, order %d', async order => {
  const truth = exactSolution(line, Float64Array.of(7), [10, 0.1]).at(-1)![0]!
  for (const control of [pid(), integral()]) {
    const runs = await Promise.all(
      [1e-2, 1e-4, 1e-6].map(rtol => solve(dpmAdaptive({ order, rtol, atol: rtol, control }))),
    )
    const errors = runs.map(({ x }) => Math.abs(x[0]! - truth))
    expect(errors[1]).toBeLessThan(errors[0]! / 10)
    expect(errors[2]).toBeLessThan(errors[1]! / 10)
    expect(errors[2]).toBeLessThan(1e-4)
    expect(runs[2]!.calls).toBeGreaterThan(runs[0]!.calls)
  }
})

const clean: NoiseLevel = { alpha: 1, sigma: 0 }

test.each([
  ['scaled linear', scaledLinear(), [980, 3]],
  ['without signal at the start', scaledLinear({ zeroTerminalSnr: true }), [999, 900, 3]],
  ['flow', flow(), [1000, 800, 5]],
] as const)('%s: any frame, to a clean end', async (_, process, timesteps) => {
  const levels = [...timesteps.map(t => process.level(t)), clean]
  const got = await solve(dpmAdaptive(), { levels, process, x: [0.9] })
  expect(got.levels.at(-1)).toBe(clean)
  expect(Number.isFinite(got.x[0])).toBe(true)
  // The frame changes nothing: the same in the frame of alpha 1.
  if (levels[0]!.alpha === 0) return
  const plain = levels.map(({ alpha, sigma, timestep }) => ({ alpha: 1, sigma: sigma / alpha, timestep: timestep! }))
  const again = await solve(dpmAdaptive(), { levels: plain, x: [0.9 / levels[0]!.alpha] })
  expect(again.x[0]).toBeCloseTo(got.x[0]!, 9)
  expect(again.calls).toBe(got.calls)
})

test('errors are measured by the mean where no other measure is given', async () => {
  const own = await solve(dpmAdaptive(), { more: { error: undefined } })
  // Of a single number, the mean and the norm are the same.
  expect(own).toEqual(await solve(dpmAdaptive()))
  const ops = { combine: () => new Float64Array(1) }
  await expect(solve(dpmAdaptive(), { more: { error: undefined, ops } })).rejects.toThrow(/meanAbsolute/)
})

test('the norm is that of the paper', () => {
  const of = (...values: number[]) => Float64Array.from(values)
  const error = elementwiseError(of(1, -4), of(1.1, -4.2), of(2, 0), { absolute: 0.1, relative: 0.1 })
  expect(error).toBeCloseTo(Math.sqrt(((0.1 / 0.2) ** 2 + (0.2 / 0.4) ** 2) / 2), 12)
})

test.each(['break', 'throw', 'abort'] as const)('nothing stays alive after a %s', async way => {
  const ops = vectors()
  const control = new AbortController()
  let calls = 0
  const attempt = async (): Promise<void> => {
    const denoise = (at: Float64Array, level: NoiseLevel) => {
      if (++calls === 8 && way === 'throw') throw new Error('network down')
      return { denoised: ops.make(posteriorMean(line, at, level)) }
    }
    const on = { ops, denoise, process: edm(), noise: () => ops.make([0.1]), signal: control.signal }
    for await (const event of runAdaptive(dpmAdaptive({ eta: 0.5 }), ends, Float64Array.of(7), on)) {
      await event.denoised()
      if (event.step === 2 && way === 'break') return
      if (event.step === 2 && way === 'abort') control.abort()
    }
  }
  if (way === 'break') await attempt()
  else await expect(attempt()).rejects.toThrow(way === 'throw' ? 'network down' : /abort/)
  expect(ops.alive.size).toBe(0)
})

test('bad input is an error with a remedy', async () => {
  expect(() => dpmAdaptive({ order: 4 as 3 })).toThrow(/order must be one of 2, 3, got 4/)
  expect(() => dpmAdaptive({ atol: 0, rtol: 0 })).toThrow(/rtol/)
  expect(() => dpmAdaptive({ rtol: Number.NaN })).toThrow(/rtol/)
  expect(() => pid({ i: Number.NaN })).toThrow(/pid: i/)
  expect(() => pid({ safety: 1.2 })).toThrow(/pid: safety/)
  expect(() => integral({ safety: 1 })).toThrow(/safety/)
  await expect(solve(dpmAdaptive(), { levels: [clean] })).rejects.toThrow(/two noise levels/)
  await expect(solve(dpmAdaptive({ eta: 1 }), { more: { noise: undefined } })).rejects.toThrow(/source of it/)
  await expect(solve(dpmAdaptive(), { more: { error: () => Number.NaN } })).rejects.toThrow(/NaN/)
  await expect(solve(dpmAdaptive(), { more: { error: () => 1e9 } })).rejects.toThrow(/raise atol and rtol/)
  await expect(solve(dpmAdaptive(), { more: { process: undefined } })).rejects.toThrow(/pass the process/)
})

test.each(adaptiveCatalogue.map(row => [row.name, row] as const))('the row of %s makes it', async (name, row) => {
  const solver = row.create(readOptions(row.options, {}, name))
  expect(solver.order).toBe(row.order)
  expect(await solve(solver)).toEqual(await solve(dpmAdaptive()))
  const other = row.create(readOptions(row.options, { control: 'integral', order: '2' }, name))
  expect(await solve(other)).toEqual(await solve(dpmAdaptive({ order: 2, control: integral() })))
})

type Original = {
  readonly sampler: string
  readonly name: string
  readonly options: Readonly<Record<string, number>>
  readonly runs: readonly { readonly sigmas: readonly number[]; readonly values: string }[]
}
const { cases, startSeed, noiseSeed } = JSON.parse(
  readFileSync(new URL('../../../reference/data/originals/k-diffusion.json', import.meta.url), 'utf8'),
) as { readonly cases: readonly Original[]; readonly startSeed: number; readonly noiseSeed: number }

test.each(cases.filter(({ sampler }) => sampler === 'dpm_adaptive').map(one => [one.name, one] as const))(
  '%s: the result is that of the original',
  async (_, { options, runs }) => {
    const { pcoeff: p = 0, icoeff: i = 1, dcoeff: d = 0, order = 3, ...rest } = options
    const [{ sigmas, values }] = runs as [Original['runs'][number]]
    const bytes = Buffer.from(values, 'base64')
    const noise = torchGenerator(noiseSeed)
    const x = Float64Array.from(torchGenerator(startSeed).normal(16), value => value * sigmas[0]!)
    const got = await solve(dpmAdaptive({ ...rest, order: order as 3, control: pid({ p, i, d }) }), {
      levels: sigmas.map(sigma => ({ alpha: 1, sigma })),
      x: [...x],
      draw: () => noise.normal(16),
    })
    for (const [k, value] of got.x.entries()) {
      const wanted = bytes.readFloatLE(bytes.length - 64 + 4 * k)
      // The original measures float32 rounding in its early, tiny steps, so that its lengths differ a little.
      expect(Math.abs(value - wanted), `number ${k}`).toBeLessThan(5e-4)
    }
  },
)
