import { readFileSync } from 'node:fs'
import { edm, exponential } from '@fewstep/schedules'
import {
  corrected,
  ddim,
  dpm2m,
  dpm3m,
  dpmpp2m,
  dpmpp2s,
  dpmpp3m,
  heun,
  type Solver,
  unip,
  unipc,
} from '@fewstep/solvers'
import { describe, expect, test } from 'vitest'
import { integrate } from '../src/quadrature.ts'
import { solve, solverContract } from './support/contract.ts'
import { frames, grids } from './support/frames.ts'
import { provesOrder } from './support/order.ts'
import { expectSamePlans } from './support/plans.ts'

const full = { lowerOrderFinal: false }
const orders = [1, 2, 3, 4] as const
const views = ['data', 'noise'] as const

describe('UniP', () => {
  provesOrder(
    orders.flatMap(order =>
      views.map(view => ({
        name: `unip-${order} on ${view}`,
        solver: unip({ ...full, order, view, variant: 'vary' }),
        exact: order - 1,
        // The fourth order shows itself late on a Karras grid.
        to: order === 4 ? 640 : 320,
      })),
    ),
  )
})
describe('UniPC', () => {
  provesOrder([
    ...orders.flatMap(order =>
      views.map(view => ({
        name: `unipc-${order} on ${view}`,
        solver: unipc({ ...full, order, view, variant: 'vary' }),
        exact: order,
        to: order === 4 ? 640 : 320,
      })),
    ),
    ...(['bh1', 'bh2'] as const).flatMap(variant =>
      ([1, 2, 3] as const).map(order => ({
        name: `unipc-${order}, ${variant}`,
        solver: unipc({ ...full, order, variant }),
        exact: order,
      })),
    ),
    ...([2, 3] as const).map(order => ({
      name: `unipc-${order} with published varying coefficients`,
      solver: unipc({ ...full, order, variant: 'vary', reference: true }),
      exact: order,
    })),
  ])
})
describe('corrected', () => {
  provesOrder([
    { solver: corrected(ddim()), exact: 1 },
    { name: 'corrected-ddim, noise', solver: corrected(ddim(), { view: 'noise' }), exact: 1 },
    { name: 'corrected-ddim by order 3', solver: corrected(ddim(), { order: 3 }), exact: 3 },
    { solver: corrected(dpmpp2m(full)), exact: 2 },
    { name: 'corrected-dpmpp-2m by order 1', solver: corrected(dpmpp2m(full), { order: 1 }), exact: 2 },
    { solver: corrected(dpm2m(full), { view: 'noise' }), exact: 2 },
    { solver: corrected(dpmpp3m(full)), exact: 3 },
    { solver: corrected(heun()), exact: 2 },
    { name: 'corrected-dpmpp-2s between the levels', solver: corrected(dpmpp2s({ between: true })), exact: 2 },
    { name: 'corrected-dpmpp-2s', solver: corrected(dpmpp2s(full)), exact: 4, to: 640 },
  ])
})

const levels = exponential().levels(9, edm())

describe('what is the same', () => {
  test.each(orders)('UniPC-%d is UniP, corrected', order => {
    for (const view of views) {
      const options = { ...full, order, view, variant: 'vary' } as const
      expectSamePlans(corrected(unip(options), { view }).plan(levels), unipc(options).plan(levels))
      expectSamePlans(unipc({ ...options, predictor: unip(options) }).plan(levels), unipc(options).plan(levels))
    }
  })

  test("UniP is DPM-Solver: its bh2 shortcut the midpoint form, the exact integral Heun's", () => {
    const plans = (view: 'data' | 'noise', form: 'midpoint' | 'heun') => {
      const options = { ...full, view, variant: form === 'heun' ? 'vary' : 'bh2' } as const
      return [2, 3].map(order => unip({ ...options, order }).plan(levels))
    }
    for (const form of ['midpoint', 'heun'] as const) {
      const [second, third] = plans('data', form)
      expectSamePlans(second!, dpmpp2m({ ...full, solverType: form }).plan(levels))
      expectSamePlans(third!, dpmpp3m({ ...full, solverType: form }).plan(levels))
      const [secondNoise, thirdNoise] = plans('noise', form)
      expectSamePlans(secondNoise!, dpm2m({ ...full, solverType: form }).plan(levels))
      expectSamePlans(thirdNoise!, dpm3m({ ...full, solverType: form }).plan(levels))
    }
  })

  test('without its corrector, UniPC is UniP', () => {
    expect(unipc({ disableCorrector: true }).plan(levels)).toEqual(unip().plan(levels))
    const some = unipc({ disableCorrector: [0, 3] }).plan(levels)
    // A step that is corrected makes the next one's call.
    expect(some.steps.map(({ evaluations }) => evaluations.length)).toEqual([1, 2, 1, 0, 2, 1, 1, 1, 0])
  })
})

describe('above the order that slopes can show', () => {
  const nodes = grids[1]!.rhos(14).map(rho => frames[2]!.at(rho))
  const lambdas = nodes.map(({ alpha, sigma }) => Math.log(alpha / sigma))

  /** By how much a plan misses the exact solution where the estimate is a power of λ, over single full-order steps. */
  function missed(solver: Solver, order: number, degree: number, view: 'data' | 'noise'): number {
    const steps = [...solver.plan(nodes).steps.entries()].slice(order, -1)
    const errors = steps.map(([number, { from, to, output }]) => {
      const [start, end] = [lambdas[number]!, lambdas[number + 1]!]
      const estimate = (at: number) => ((at - start) / (end - start) + 0.5) ** degree
      const x = 0.3
      // The evaluations are made at the levels in order.
      const terms = output.map(
        ({ slot, weight }) => weight * (slot.kind === 'evaluation' ? estimate(lambdas[slot.index]!) : x),
      )
      const sum = terms.reduce((total, term) => total + term)
      const wanted =
        view === 'data'
          ? (to.sigma / from.sigma) * x + to.alpha * integrate(at => Math.exp(at - end) * estimate(at), start, end)
          : (to.alpha / from.alpha) * x - to.sigma * integrate(at => Math.exp(end - at) * estimate(at), start, end)
      // Powers reach 10⁹ nine steps back, and cancel each other.
      return Math.abs(sum - wanted) / Math.max(...terms.map(Math.abs))
    })
    return Math.max(...errors)
  }

  const rounding = 1e-13

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('order %d integrates exactly the powers of λ that it should', order => {
    for (const view of views) {
      const options = { ...full, order, view, variant: 'vary' } as const
      for (let degree = 0; degree < order; degree++)
        expect(missed(unip(options), order, degree, view)).toBeLessThan(rounding)
      expect(missed(unip(options), order, order, view)).toBeGreaterThan(1e-7)
      for (let degree = 0; degree <= order; degree++)
        expect(missed(unipc(options), order, degree, view)).toBeLessThan(rounding)
      expect(missed(unipc(options), order, order + 1, view)).toBeGreaterThan(1e-7)
    }
  })
})

test('as many evaluations as steps, none of them at the clean end', async () => {
  for (const solver of [unipc(), unipc({ order: 9 }), corrected(dpmpp2m())])
    for (const steps of [1, 2, 3, 10])
      expect((await solve(solver, exponential().levels(steps, edm()))).calls).toBe(steps)
  expect((await solve(corrected(heun()), levels)).calls).toBe((await solve(heun(), levels)).calls)
})

type Original = {
  readonly order: number
  readonly variant: 'bh1' | 'bh2' | 'vary_coeff'
  readonly view: 'data' | 'noise'
  readonly sigmas: readonly number[]
  readonly x: number
  readonly end: number
}
const originals: readonly Original[] = JSON.parse(
  readFileSync(new URL('../../../reference/data/originals/unipc.json', import.meta.url), 'utf8'),
)

test.each(originals.map(own => [`${own.variant}-${own.order} on ${own.view}`, own] as const))(
  "the authors' code gives the same: %s",
  async (_, { order, variant, view, sigmas, x, end }) => {
    const own = variant === 'vary_coeff' ? 'vary' : variant
    const solver = unipc({ order, variant: own, view, reference: true })
    const vp = sigmas.map(ratio => ({ alpha: 1 / Math.hypot(1, ratio), sigma: ratio / Math.hypot(1, ratio) }))
    expect(Math.abs((await solve(solver, vp, { x })).x - end)).toBeLessThan(1e-10)
  },
)

test('what cannot be corrected: an error', () => {
  expect(() => corrected(ddim({ eta: 1 })).plan(levels)).toThrow(/ddim.*must be deterministic/)
  expect(() => corrected(ddim(), { order: 0 })).toThrow(
    'corrected-ddim: order must be a whole number from 1 to 9, got 0',
  )
  expect(() => unipc({ order: 2.5 })).toThrow(/whole number from 1 to 9/)
  expect(() => unipc({ disableCorrector: [-1] })).toThrow(/list of steps/)
  expect(() => unip({ variant: 'bh3' as 'bh2' })).toThrow(/one of bh2, bh1, vary/)
})

solverContract('unipc-6 on noise', unipc({ ...full, order: 6, view: 'noise' }))
solverContract('unipc-3, bh1', unipc({ variant: 'bh1' }))
solverContract('unipc-3, varying coefficients as published', unipc({ variant: 'vary', reference: true }))
solverContract('corrected-heun', corrected(heun()))
solverContract('corrected-dpmpp-2m by order 3', corrected(dpmpp2m(), { order: 3, view: 'noise' }))
