import { edm, exponential, scaledLinear } from '@fewstep/schedules'
import { corrected, ddim, deis, dpm2m, dpm3m, lms, type Solver, unip } from '@fewstep/solvers'
import { describe, expect, test } from 'vitest'
import { solverContract } from './support/contract.ts'
import { provesOrder } from './support/order.ts'
import { expectSamePlans } from './support/plans.ts'

const full = { lowerOrderFinal: false }
const variants = ['log-rho', 'rho', 't'] as const

provesOrder([
  ...variants.flatMap(variant =>
    ([1, 2, 3, 4] as const).map(order => ({
      name: `deis-${order} in ${variant}`,
      solver: deis({ ...full, order, variant }),
      exact: order - 1,
      to: order === 4 ? 640 : 320,
    })),
  ),
  ...variants.map(variant => ({
    name: `corrected deis-2 in ${variant}`,
    solver: corrected(deis({ ...full, order: 2, variant }), { view: 'noise' }),
    exact: 2,
  })),
  { solver: lms(), exact: 3, to: 640 },
])

const levels = exponential().levels(9, edm())

describe('what is the same', () => {
  test('in ln ρ, DPM-Solver and UniP on the noise', () => {
    expectSamePlans(deis({ order: 2 }).plan(levels), dpm2m({ solverType: 'heun' }).plan(levels))
    expectSamePlans(deis({ order: 3 }).plan(levels), dpm3m({ solverType: 'heun' }).plan(levels))
    expectSamePlans(
      deis({ ...full, order: 4 }).plan(levels),
      unip({ ...full, order: 4, view: 'noise', variant: 'vary' }).plan(levels),
    )
  })

  test('in ρ, LMS but for its step to sigma 0', () => {
    const clipped = levels.slice(0, -1)
    expectSamePlans(deis({ order: 4, variant: 'rho' }).plan(clipped), lms().plan(clipped))
  })

  test("with EDM's timestep ln(σ)/4, interpolation in time is that in ln ρ", () => {
    for (const order of [2, 3, 4])
      expectSamePlans(
        deis({ ...full, order, variant: 't' }).plan(levels, edm()),
        deis({ ...full, order }).plan(levels, edm()),
      )
  })

  test('the first order is DDIM', () => {
    for (const variant of variants) {
      const { steps } = deis({ order: 1, variant }).plan(levels, edm())
      for (const [i, { output }] of ddim().plan(levels).steps.entries()) {
        if (levels[i + 1]!.sigma === 0) {
          // Both end on the estimate itself.
          expect(steps[i]!.output).toEqual(output)
          continue
        }
        const [kept, moved] = steps[i]!.output.map(({ weight }) => weight)
        const [share, estimate] = [output.find(({ slot }) => slot.kind === 'state')?.weight ?? 0, output.at(-1)!.weight]
        // ε = (x − alpha·D)/sigma
        const { alpha, sigma } = levels[i]!
        expect(kept! + moved! / sigma).toBeCloseTo(share, 10)
        expect((-moved! * alpha) / sigma).toBeCloseTo(estimate, 10)
      }
    }
  })
})

test('on an even grid in ρ, the weights are those of Adams and Bashforth', () => {
  const even = [9, 8, 7, 6, 5, 4, 3].map(sigma => ({ alpha: 1, sigma }))
  const bashforth = [[1], [3, -1], [23, -16, 5], [55, -59, 37, -9]]
  for (const [i, weights] of bashforth.entries()) {
    const divisor = weights.reduce((sum, weight) => sum + weight)
    for (const solver of [deis({ order: i + 1, variant: 'rho' }), lms({ order: i + 1 })]) {
      const { output } = solver.plan(even).steps[5]!
      const wanted = weights.map(weight => -weight / divisor)
      for (const [j, { weight }] of output.slice(1).entries()) expect(weight).toBeCloseTo(wanted[j]!, 12)
    }
  }
})

test('the last steps: DEIS comes down, in short runs of its ln ρ form; LMS keeps its order, to sigma 0 too', () => {
  const counts = (solver: Solver, steps: number) =>
    solver
      .plan(exponential().levels(steps, edm()), edm())
      .steps.map(({ output }) => output.filter(({ slot }) => slot.kind === 'evaluation').length)
  expect(counts(deis(), 6)).toEqual([1, 2, 3, 3, 2, 1])
  expect(counts(deis(), 16).slice(-3)).toEqual([3, 3, 1])
  expect(counts(deis({ variant: 't' }), 6)).toEqual([1, 2, 3, 3, 3, 1])
  expect(counts(deis({ variant: 'rho', eulerAtFinal: true }), 6)).toEqual([1, 2, 3, 3, 3, 1])
  expect(counts(lms(), 6)).toEqual([1, 2, 3, 4, 4, 4])
})

test("tAB's weights are the paper's integral over time, in Stable Diffusion's process", () => {
  const process = scaledLinear()
  const rhoAt = (t: number) => process.level(t).sigma / process.level(t).alpha
  const times = [900, 780, 700, 610, 500]
  const { output } = deis({ ...full, order: 4, variant: 't' }).plan(
    times.map(t => process.level(t)),
    process,
  ).steps[3]!
  const nodes = times.slice(0, 4).reverse()
  const [start, end] = [nodes[0]!, times[4]!]
  for (const [j, own] of nodes.entries()) {
    // A Riemann–Stieltjes sum of Lagrange's polynomial over ρ(t).
    const cells = 20000
    let integral = 0
    for (let i = 0; i < cells; i++) {
      const [left, right] = [i, i + 1].map(k => start + ((end - start) * k) / cells)
      const middle = (left! + right!) / 2
      const value = nodes.reduce(
        (product, node, k) => (k === j ? product : (product * (middle - node)) / (own - node)),
        1,
      )
      integral += value * (rhoAt(right!) - rhoAt(left!))
    }
    expect(output[j + 1]!.weight / (process.level(end).alpha * integral)).toBeCloseTo(1, 5)
  }
})

test('bad input: an error', () => {
  expect(() => deis({ variant: 't' }).plan(levels)).toThrow(/pass the process/)
  expect(() => deis({ order: 5 })).toThrow('deis: order must be a whole number from 1 to 4, got 5')
  expect(() => deis({ variant: 'tab' as 't' })).toThrow(/one of log-rho, rho, t/)
  expect(() => lms({ order: 0 })).toThrow('lms: order must be a whole number from 1 to 4, got 0')
})

for (const variant of ['rho', 't'] as const)
  solverContract(`deis-4 in ${variant}, in full`, deis({ ...full, order: 4, variant }))
