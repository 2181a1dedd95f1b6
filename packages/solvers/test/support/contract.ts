import { edm, exponential, flow, leading, type NoiseLevel, type Process, scaledLinear } from '@fewstep/schedules'
import { run, type Solver } from '@fewstep/solvers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { line, posteriorMean } from './mixture.ts'
import { vectors } from './vectors.ts'

export type Solved = { readonly x: number; readonly calls: number }

/** Runs a plan on one number with constant or given draws, and expects that nothing but the result stays alive. */
export async function solve(
  solver: Solver,
  levels: readonly NoiseLevel[],
  options: {
    readonly x?: number
    readonly process?: Process
    readonly draw?: number | readonly number[]
    readonly denoised?: (x: Float64Array, level: NoiseLevel) => Float64Array
  } = {},
): Promise<Solved> {
  const { x = 1, process = edm(), draw = 0.5, denoised = (at, level) => posteriorMean(line, at, level) } = options
  const ops = vectors()
  let drawn = 0
  const events = run(solver.plan(levels, process), Float64Array.of(x), {
    ops,
    denoise: (at, level) => ({
      denoised: ops.make(denoised(at, level)),
      unconditional: ops.make(denoised(at, level)),
    }),
    noise: () => ops.make([typeof draw === 'number' ? draw : draw[drawn++]!]),
  })
  let calls = 0
  for (;;) {
    const { value, done } = await events.next()
    if (done) {
      expect([...ops.alive]).toEqual([value])
      return { x: value[0]!, calls }
    }
    calls = value.evaluations
  }
}

const processes: readonly (readonly [string, Process])[] = [
  ['scaled linear', scaledLinear()],
  ['zero terminal SNR', scaledLinear({ zeroTerminalSnr: true })],
  ['EDM', edm()],
  ['flow', flow()],
]

const clean: NoiseLevel = { alpha: 1, sigma: 0 }

/** Falling ratios from all over the range, in the frame that each level draws for itself. */
const grids = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: -400, max: 400 }), { minLength: 2, maxLength: 9 }),
    fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: 10, maxLength: 10 }),
    fc.boolean(),
  )
  .map(([logs, scales, ends]) => {
    const rhos = logs.sort((a, b) => b - a).map(log => Math.exp(log / 100))
    const levels = rhos.map((rho, i): NoiseLevel => ({ alpha: scales[i]!, sigma: scales[i]! * rho }))
    return { levels: ends ? [...levels, clean] : levels, scales }
  })

/** The tests that every solver passes, whatever its method. */
export function solverContract(
  name: string,
  solver: Solver,
  options: { readonly stochastic?: boolean /** For data of a single point. */; readonly tolerance?: number } = {},
): void {
  const { stochastic = false, tolerance = 1e-9 } = options
  describe(`${name} keeps the contract`, () => {
    test.each(processes)('few steps, a clean end, the %s process: finite numbers', async (_, process) => {
      for (const steps of [1, 2, 3, 4, 5, 6, 11]) {
        const levels = (process.last > 100 ? leading({ offset: 1 }) : exponential()).levels(steps, process)
        const plan = solver.plan(levels, process)
        expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
        expect(Number.isFinite((await solve(solver, levels, { process })).x), `${steps} steps`).toBe(true)
      }
    })

    test('a start without signal: finite numbers', async () => {
      const process = scaledLinear({ zeroTerminalSnr: true })
      for (const timesteps of [[999], [999, 400], [999, 700, 400], [999, 700, 400, 100]]) {
        const levels = [...timesteps.map(t => process.level(t)), clean]
        expect(Number.isFinite((await solve(solver, levels, { process })).x)).toBe(true)
      }
    })

    test('a thousand steps: finite numbers', async () => {
      const levels = exponential().levels(1000, edm())
      expect(Number.isFinite((await solve(solver, levels)).x)).toBe(true)
    })

    test('levels that nearly repeat, or lie very far apart: finite numbers', async () => {
      const next = (sigma: number): number => sigma * (1 - Number.EPSILON)
      const close = [1, next(1), next(next(1)), 0.5, next(0.5), 0.1]
      for (const sigmas of [close, [...close, 0], [1e12, 1, 1e-12], [1e12, 1e11, 1e-11, 1e-12, 0]]) {
        const levels = sigmas.map(sigma => ({ alpha: 1, sigma }))
        expect(Number.isFinite((await solve(solver, levels)).x), `${sigmas}`).toBe(true)
      }
    })

    test('levels that do not fall, repeat, are too few or are no numbers: an error', () => {
      const level = { alpha: 1, sigma: 1 }
      expect(() => solver.plan([level, level], edm())).toThrow(/fall/)
      expect(() => solver.plan([{ alpha: 1, sigma: 0.5 }, level, clean], edm())).toThrow(/fall/)
      expect(() => solver.plan([level], edm())).toThrow(/two noise levels/)
      expect(() => solver.plan([{ alpha: 1, sigma: Number.NaN }, level], edm())).toThrow(/at least 0/)
      expect(() => solver.plan([{ alpha: 1, sigma: Number.POSITIVE_INFINITY }, level], edm())).toThrow(/at least 0/)
    })

    test('a single point as data: exact on any grid, in any frame', async () => {
      const point = 0.7
      const property = fc.asyncProperty(grids, async ({ levels }) => {
        const [first, last] = [levels[0]!, levels.at(-1)!]
        // On the way to a single point, the noise is the same at every level.
        const noise = -1.3
        const { x } = await solve(solver, levels, {
          x: first.alpha * point + first.sigma * noise,
          denoised: at => at.map(() => point),
          draw: 0,
        })
        // A stochastic method forgets its noise on the way; without a draw only its share of the point is known.
        const wanted = last.alpha * point + last.sigma * noise
        if (!stochastic || last.sigma === 0)
          expect(Math.abs(x - wanted)).toBeLessThan(tolerance * (1 + Math.abs(wanted)))
        else expect(Number.isFinite(x)).toBe(true)
      })
      await fc.assert(property, { seed: 7, numRuns: 60 })
    })

    test('scaling x, alpha and sigma of every level by a separate factor changes nothing else', async () => {
      const property = fc.asyncProperty(grids, async ({ levels, scales }) => {
        const scaled = levels.map(({ alpha, sigma }, i) => ({
          alpha: alpha * scales[9 - i]!,
          sigma: sigma * scales[9 - i]!,
        }))
        const { x } = await solve(solver, levels, { x: levels[0]!.sigma })
        const again = await solve(solver, scaled, { x: scaled[0]!.sigma })
        const factor = scales[9 - (levels.length - 1)]!
        expect(Math.abs(again.x / factor - x)).toBeLessThan(1e-7 * (1 + Math.abs(x)))
      })
      await fc.assert(property, { seed: 7, numRuns: 60 })
    })
  })
}
