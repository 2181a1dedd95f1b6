import { edm, exponential, karras, type NoiseLevel, scaledLinear, vp } from '@fewstep/schedules'
import { edmAblation, edmSolver, run } from '@fewstep/solvers'
import { expect, test } from 'vitest'
import { line, posteriorMean } from './support/mixture.ts'
import { provesOrder } from './support/order.ts'
import { vectors } from './support/vectors.ts'

const [times, scalings] = [['linear', 've', 'vp'] as const, ['none', 'vp'] as const]

provesOrder(
  times.flatMap(time =>
    scalings.flatMap(scaling => [
      { name: `edm-ablation, ${time} time, ${scaling} scaling`, solver: edmAblation({ time, scaling }) },
      {
        name: `edm-ablation, ${time} time, ${scaling} scaling, midpoint`,
        solver: edmAblation({ time, scaling, alpha: 0.5 }),
      },
      {
        name: `edm-ablation, ${time} time, ${scaling} scaling, Euler`,
        solver: edmAblation({ time, scaling, euler: true }),
      },
    ]),
  ),
)

const levels = karras().levels(6, edm())

test('in linear time without scaling it is EDM, with churn too', () => {
  const churn = { churn: 4, sMin: 0.05, sMax: 10, sNoise: 1.003 }
  for (const options of [{}, { alpha: 0.5 }, churn]) {
    const [got, wanted] = [edmAblation(options), edmSolver(options)].map(solver => linear(solver.plan(levels, edm())))
    for (const [i, value] of wanted!.entries()) expect(got![i]! / value).toBeCloseTo(1, 9)
  }
})

/** What a plan makes of an estimate that is linear in x, without draws. */
function linear(plan: ReturnType<ReturnType<typeof edmSolver>['plan']>): readonly number[] {
  let x = 70
  const data: number[] = []
  const noise: number[] = []
  return plan.steps.map(({ evaluations, output }) => {
    const sum = (terms: typeof output) =>
      terms.reduce((total, { slot, weight }) => {
        if (slot.kind === 'state') return total + weight * x
        if (slot.kind === 'draw') return total + weight * 0.7
        return total + weight * (slot.view === 'noise' ? noise : data)[slot.index]!
      }, 0)
    for (const { level, input } of evaluations) {
      const at = sum(input)
      data.push(at / (1 + level.sigma ** 2))
      noise.push((at - data.at(-1)!) / level.sigma)
    }
    x = sum(output)
    return x
  })
}

/** The ablation sampler as its paper has it, at churn 0: table 1's time and scaling, algorithm 3's step. */
function published(
  time: 'linear' | 've' | 'vp',
  scaling: 'none' | 'vp',
  alpha: number,
  sigmas: readonly number[],
): number[] {
  const sigma = (t: number) =>
    time === 'linear' ? t : time === 've' ? Math.sqrt(t) : Math.sqrt(Math.exp((19.9 * t * t) / 2 + 0.1 * t) - 1)
  const inverse = (s: number) =>
    time === 'linear' ? s : time === 've' ? s ** 2 : (Math.sqrt(0.01 + 2 * 19.9 * Math.log(1 + s ** 2)) - 0.1) / 19.9
  const slope = (t: number) =>
    time === 'linear' ? 1 : time === 've' ? 1 / (2 * Math.sqrt(t)) : 0.5 * (0.1 + 19.9 * t) * (sigma(t) + 1 / sigma(t))
  const s = (t: number) => (scaling === 'none' ? 1 : 1 / Math.sqrt(1 + sigma(t) ** 2))
  const sSlope = (t: number) => (scaling === 'none' ? 0 : -sigma(t) * slope(t) * s(t) ** 3)
  const d = (x: number, t: number) => {
    const denoised = posteriorMean(line, Float64Array.of(x / s(t)), { alpha: 1, sigma: sigma(t) })[0]!
    return (slope(t) / sigma(t) + sSlope(t) / s(t)) * x - ((slope(t) * s(t)) / sigma(t)) * denoised
  }
  const ts = sigmas.map(own => (own === 0 ? 0 : inverse(own)))
  let x = 70 * s(ts[0]!)
  return ts.slice(1).map((next, i) => {
    const t = ts[i]!
    const h = next - t
    const first = d(x, t)
    if (i === ts.length - 2) x += h * first
    else x += h * ((1 - 1 / (2 * alpha)) * first + (1 / (2 * alpha)) * d(x + alpha * h * first, t + alpha * h))
    return x / s(next)
  })
}

test.each(times.flatMap(time => scalings.flatMap(scaling => [1, 0.5].map(alpha => [time, scaling, alpha] as const))))(
  'in %s time with scaling %s and alpha %d it is as published',
  async (time, scaling, alpha) => {
    // The original's steps for the ve time are even in ln sigma.
    const ends = { sigmaMin: 0.05, sigmaMax: 14 }
    const schedule = { linear: karras(ends), ve: exponential(ends), vp: vp(ends) }[time]
    for (const process of [edm(), scaledLinear()]) {
      const own = schedule.levels(6, process)
      const wanted = published(
        time,
        scaling,
        alpha,
        own.map(level => level.sigma / level.alpha),
      )
      const ops = vectors()
      const events = run(
        edmAblation({ time, scaling, alpha }).plan(own, process),
        Float64Array.of(70 * own[0]!.alpha),
        {
          ops,
          denoise: (x: Float64Array, level: NoiseLevel) => ({ denoised: ops.make(posteriorMean(line, x, level)) }),
        },
      )
      for await (const { step, x, level } of events) {
        const [got, other] = [x[0]! / level.alpha, wanted[step]!]
        expect(Math.abs(got - other)).toBeLessThan(1e-9 * (1 + Math.abs(other)))
      }
    }
  },
)

test('bad options are errors', () => {
  expect(() => edmAblation({ time: 'cosine' as 'vp' })).toThrow(/time must be one of linear, ve, vp, got cosine/)
  expect(() => edmAblation({ scaling: 'x' as 'vp' })).toThrow(/scaling/)
  expect(() => edmAblation({ alpha: 0 })).toThrow(/alpha/)
  expect(() => edmAblation({ betaD: 0 })).toThrow(/betaD/)
})
