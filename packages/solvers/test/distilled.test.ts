import { distilled, edm, exponential, flow, type NoiseLevel, scaledLinear } from '@fewstep/schedules'
import { consistency, ddim, lcm, type Plan, type Solver, tcd } from '@fewstep/solvers'
import { describe, expect, test } from 'vitest'
import { solve, solverContract } from './support/contract.ts'
import { type Frame, frames } from './support/frames.ts'
import { moments } from './support/moments.ts'
import { provesOrder } from './support/order.ts'

provesOrder([{ name: 'tcd, gamma 0', solver: tcd({ gamma: 0 }) }])
solverContract('tcd, gamma 0', tcd({ gamma: 0 }))
solverContract('tcd, gamma 1', tcd({ gamma: 1 }), { stochastic: true })
solverContract('lcm without boundary scaling', lcm({ timestepScaling: Number.POSITIVE_INFINITY }), { stochastic: true })
solverContract('consistency to no noise', consistency({ sigmaMin: 0 }), { stochastic: true })

const [mean, deviation] = [0.8, 0.6]

/**
 * What a perfectly distilled model of Gaussian data answers: `D` with which the step's own jump to `down` follows the exact
 * solution, `x̂_down = mean + (x̂ − mean)·√((deviation² + down²)/(deviation² + ρ²))`.
 */
function perfect(plan: Plan): (level: NoiseLevel) => { readonly share: number; readonly rest: number } {
  return ({ alpha, sigma }) => {
    const step = plan.steps.find(({ from }) => from.sigma / from.alpha === sigma / alpha)!
    const ofState = step.output.find(({ slot }) => slot.kind === 'state')?.weight ?? 0
    const down = (ofState * sigma) / step.to.alpha
    const shrink = Math.sqrt((deviation ** 2 + down ** 2) / (deviation ** 2 + (sigma / alpha) ** 2))
    const left = 1 - (down * alpha) / sigma
    return { share: (shrink - (down * alpha) / sigma) / (alpha * left), rest: (mean * (1 - shrink)) / left }
  }
}

const gammas = [0, 0.3, 0.7, 1].map(gamma => [`tcd, gamma ${gamma}`, tcd({ gamma }), undefined] as const)
const jumps: readonly (readonly [string, Solver, number | undefined])[] = [
  ...gammas,
  ['lcm without boundary scaling', lcm({ timestepScaling: Number.POSITIVE_INFINITY }), 0],
  ['consistency to no noise', consistency({ sigmaMin: 0 }), 0],
]
describe.each(jumps)('%s with a perfectly distilled model', (_, solver) => {
  test.each(frames.map(frame => [frame.name, frame] as const))(
    'gives the exact moments in the %s frame',
    async (_, frame) => {
      for (const rhos of [
        [10, 0.1],
        [10, 1, 0.1],
        [10, 6, 2, 0.5, 0.1],
      ]) {
        const plan = solver.plan(rhos.map(frame.at), frame.process)
        const got = await moments(solver, { frame, rhos, mean, deviation, denoiser: perfect(plan) })
        const variance = deviation ** 2 + rhos.at(-1)! ** 2
        expect(got.mean).toBeCloseTo(mean, 10)
        expect(got.variance).toBeCloseTo(variance, 10)
      }
    },
  )
})

test('a consistency model answers at sigmaMin, and as much noise is left out', async () => {
  const [frame] = frames as [Frame, ...Frame[]]
  const rhos = [10, 3, 1, 0.3]
  const shrink = ({ alpha, sigma }: NoiseLevel) =>
    Math.sqrt((deviation ** 2 + 0.2 ** 2) / (deviation ** 2 + (sigma / alpha) ** 2))
  const denoiser = (level: NoiseLevel) => ({ share: shrink(level) / level.alpha, rest: mean * (1 - shrink(level)) })
  const got = await moments(consistency({ sigmaMin: 0.2 }), { frame, rhos, mean, deviation, denoiser })
  expect(got.mean).toBeCloseTo(mean, 12)
  expect(got.variance).toBeCloseTo(deviation ** 2 + 0.3 ** 2, 12)
})

const process = scaledLinear()
const levels = distilled({ terminal: 'first' }).levels(4, process)

describe('tcd', () => {
  test('gamma 0 is DDIM, drawing nothing', () => {
    expect(tcd({ gamma: 0 }).plan(levels)).toEqual(ddim().plan(levels))
  })

  test('jumps to ⌊(1 − gamma)·t⌋, and draws nothing at the end', () => {
    const { steps } = tcd().plan(levels, process)
    expect(steps.map(({ draws }) => draws.length)).toEqual([1, 1, 1, 0])
    for (const [i, timestep] of [531, 349, 181].entries()) {
      const { from, to, output } = steps[i]!
      const down = process.level(timestep)
      const [ofState, ofData, ofDraw] = output.map(({ weight }) => weight)
      const back = to.alpha / down.alpha
      expect(ofState).toBeCloseTo((back * down.sigma) / from.sigma, 12)
      expect(ofData).toBeCloseTo(back * (down.alpha - (from.alpha * down.sigma) / from.sigma), 12)
      expect(ofDraw).toBeCloseTo(Math.sqrt(to.sigma ** 2 - (back * down.sigma) ** 2), 12)
    }
  })

  test('timesteps that are not whole stay so', () => {
    const at = (rho: number) => ({ alpha: 1, sigma: rho })
    const { steps } = tcd({ gamma: 0.5 }).plan([at(10), at(1), at(0)], edm())
    // Timesteps of EDM are ln(sigma)/4: half-way from the cleanest is the geometric mean.
    expect(steps[0]!.output[0]!.weight).toBeCloseTo(Math.sqrt(0.002) / 10, 12)
  })

  test.each([-0.1, 1.1, Number.NaN])('gamma %d is an error', gamma => {
    expect(() => tcd({ gamma })).toThrow(`tcd: gamma must be a number from 0 to 1, got ${gamma}`)
  })

  test('gamma above 0 without a process is an error', () => {
    expect(() => tcd().plan(levels)).toThrow(/tcd: .*pass the process/)
  })
})

describe('lcm', () => {
  test('the boundary scaling is that of the paper, in the variance preserving frame', () => {
    const levels = [759, 20, 0].map(t => process.level(t))
    const { steps } = lcm({ timestepScaling: 0.01 }).plan([...levels, { alpha: 1, sigma: 0 }], process)
    for (const [i, time] of [7.59, 0.2, 0].entries()) {
      const norm = time ** 2 + 0.25
      const [skip, out] = [0.25 / norm, time / Math.sqrt(norm)]
      const { to, output } = steps[i]!
      const expected = [to.alpha * skip, to.alpha * out, to.sigma].filter(weight => weight !== 0)
      expect(output.map(({ weight }) => weight)).toEqual(expected.map(weight => expect.closeTo(weight, 14)))
    }
    const exploding = levels.map(({ alpha, sigma }) => ({ alpha: 1, sigma: sigma / alpha }))
    const again = lcm({ timestepScaling: 0.01 }).plan(exploding, process).steps[1]!
    const same = steps[1]!.output
    const { alpha } = levels[1]!
    expect(again.output[0]!.weight / again.to.alpha).toBeCloseTo((same[0]!.weight / steps[1]!.to.alpha) * alpha, 12)
  })

  test('a flow model gets timesteps 1 … 1000: its boundary is at 1', () => {
    const at = [500, 1].map(t => flow().level(t))
    const [, last] = lcm().plan([...at, { alpha: 1, sigma: 0 }], flow()).steps
    expect(last!.output).toEqual([{ slot: { kind: 'state' }, weight: 1 / Math.hypot(at[1]!.alpha, at[1]!.sigma) }])
  })

  test('without boundary scaling it is consistency sampling', async () => {
    const infinite = lcm({ timestepScaling: Number.POSITIVE_INFINITY })
    const a = await solve(infinite, levels, { process })
    expect(a.x).toBeCloseTo((await solve(consistency({ sigmaMin: 0 }), levels, { process })).x, 12)
    expect(infinite.plan(levels).steps).toHaveLength(4)
  })

  test('what it cannot do is an error that says so', () => {
    expect(() => lcm({ timestepScaling: -1 })).toThrow(/lcm: timestepScaling must be a number from 0/)
    expect(() =>
      lcm().plan([
        { alpha: 1, sigma: 1 },
        { alpha: 1, sigma: 0 },
      ]),
    ).toThrow(/lcm: .*pass the process/)
  })
})

test('consistency refuses negative options', () => {
  expect(() => consistency({ sigmaMin: -1 })).toThrow(/sigmaMin must be a number from 0/)
  expect(() => consistency({ sNoise: Number.NaN })).toThrow(/sNoise must be a number from 0/)
})

test.each([
  ['with its process', edm()],
  // Then the timesteps of the levels count as they are: logarithms, which lie around 0.
  ['on levels alone', undefined],
])('the factors of lcm do not make x grow in a thousand steps, %s', (_, process) => {
  const levels = exponential().levels(1000, edm())
  const growth = lcm()
    .plan(levels, process)
    .steps.reduce((product, { output }) => {
      const factors = output.flatMap(({ slot, weight }) => (slot.kind === 'draw' ? [] : [Math.abs(weight)]))
      return (
        product *
        Math.max(
          1,
          factors.reduce((a, b) => a + b),
        )
      )
    }, 1)
  // At whole timesteps from 1 on, the factors add up to 1.00125 at most.
  expect(growth).toBeLessThan(1.00125 ** 1000)
})
