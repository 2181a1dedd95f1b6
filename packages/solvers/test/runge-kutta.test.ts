import { edm, exponential, karras, type NoiseLevel } from '@fewstep/schedules'
import {
  dpm2,
  dpm2Ancestral,
  edmSolver,
  euler,
  eulerTableau,
  heun,
  heun3Tableau,
  heunpp2,
  heunTableau,
  houwenTableau,
  kuttaTableau,
  ralston3Tableau,
  rhoRk,
  rk4Tableau,
  run,
  ssprk3Tableau,
  type Tableau,
  TableauError,
} from '@fewstep/solvers'
import { describe, expect, test } from 'vitest'
import { solverContract } from './support/contract.ts'
import { line, posteriorMean } from './support/mixture.ts'
import { provesMoments } from './support/moments.ts'
import { provesOrder } from './support/order.ts'
import { vectors } from './support/vectors.ts'

/** Dormand and Prince's method of fifth order. */
const dormandPrince: Tableau = {
  a: [
    [],
    [1 / 5],
    [3 / 40, 9 / 40],
    [44 / 45, -56 / 15, 32 / 9],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  ],
  b: [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
}

const tableaux = [
  ['Euler', eulerTableau, 1],
  ['Heun', heunTableau, 2],
  ['Kutta', kuttaTableau, 3],
  ["Ralston's third", ralston3Tableau, 3],
  ["Heun's third", heun3Tableau, 3],
  ['van der Houwen', houwenTableau, 3],
  ['SSP', ssprk3Tableau, 3],
  ['classical', rk4Tableau, 4],
  ['Dormand–Prince', dormandPrince, 5],
] as const

provesOrder([
  // Order 5 is left to the order conditions: errors reach rounding before they are regular.
  ...tableaux.slice(0, -1).map(([name, tableau]) => ({ name: `rho-rk, ${name}`, solver: rhoRk(tableau) })),
  { name: 'edm, midpoint', solver: edmSolver({ alpha: 0.5 }) },
  { name: 'edm, Ralston', solver: edmSolver({ alpha: 2 / 3 }) },
  { solver: dpm2() },
  { name: 'dpm-2-ancestral, eta 0', solver: dpm2Ancestral({ eta: 0 }) },
  { name: 'dpm-2-ancestral for flow, eta 0', solver: dpm2Ancestral({ eta: 0, flow: true }) },
  { solver: heunpp2() },
])

provesMoments([
  { name: 'dpm-2-ancestral, eta 0.5', solver: dpm2Ancestral({ eta: 0.5 }), order: 2 },
  { name: 'dpm-2-ancestral for flow, eta 0.5', solver: dpm2Ancestral({ eta: 0.5, flow: true }), order: 2 },
])

solverContract('edm, midpoint', edmSolver({ alpha: 0.5 }))
solverContract('rho-rk, Ralston', rhoRk(ralston3Tableau))
solverContract('dpm-2-ancestral for flow', dpm2Ancestral({ flow: true }), { stochastic: true })
const churn = { churn: 4, sMin: 0.05, sMax: 10, sNoise: 1.003 }
for (const [name, solver] of [
  ['euler', euler(churn)],
  ['heun', heun(churn)],
  ['edm, Ralston', edmSolver({ ...churn, alpha: 2 / 3 })],
  ['dpm-2', dpm2(churn)],
  ['heunpp2', heunpp2(churn)],
] as const)
  solverContract(`${name} with churn`, solver, { stochastic: true })

test.each(tableaux)('the order conditions give %s its order', (_, tableau, order) => {
  expect(rhoRk(tableau).order).toBe(order)
})

test.each([
  [{ a: [[]], b: [1, 0] }, /one row of a for each of the 2 weights b, got 1 rows/],
  [{ a: [[], [1, 0]], b: [1, 0] }, /1 entries in row 1/],
  [{ a: [[], [1]], b: [0.5, 0.6] }, /sum to 1, got 1.1/],
  [{ a: [[], [2]], b: [0.5, 0.5] }, /from 0 to 1, got 2 in row 1/],
  [{ a: [], b: [] }, /0 weights/],
] as const)('a tableau that is none is refused: %j', (tableau, message) => {
  expect(() => rhoRk(tableau)).toThrow(TableauError)
  expect(() => rhoRk(tableau)).toThrow(message)
})

const levels = karras().levels(6, edm())

test('Heun is the same by every name', () => {
  const { steps } = heun().plan(levels, edm())
  expect(edmSolver().plan(levels, edm()).steps).toEqual(steps)
  expect(rhoRk(heunTableau).plan(levels, edm()).steps).toEqual(steps)
  expect(steps.flatMap(({ evaluations }) => evaluations)).toHaveLength(11)
})

/** Algorithm 2 of arXiv 2206.00364 as it is printed, at alpha 1, with Euler's, Heun's or DPM-2's step. */
function algorithm2(kind: 'euler' | 'heun' | 'dpm-2', start: number, noise: readonly number[]): number[] {
  const sigmas = levels.map(({ sigma }) => sigma)
  const slope = (x: number, t: number) => (x - posteriorMean(line, Float64Array.of(x), { alpha: 1, sigma: t })[0]!) / t
  let x = start
  return sigmas.slice(1).map((next, i) => {
    const t = sigmas[i]!
    const gamma = t >= churn.sMin && t <= churn.sMax ? Math.min(churn.churn / 6, Math.SQRT2 - 1) : 0
    const hat = t + gamma * t
    x += Math.sqrt(hat ** 2 - t ** 2) * churn.sNoise * noise[i]!
    const d = slope(x, hat)
    if (next === 0 || kind === 'euler') x += (next - hat) * d
    else if (kind === 'heun') x += ((next - hat) * (d + slope(x + (next - hat) * d, next))) / 2
    else x += (next - hat) * slope(x + (Math.sqrt(hat * next) - hat) * d, Math.sqrt(hat * next))
    return x
  })
}

async function states(solver: ReturnType<typeof heun>, start: number, noise: readonly number[]): Promise<number[]> {
  const ops = vectors()
  const seen: number[] = []
  const events = run(solver.plan(levels, edm()), Float64Array.of(start), {
    ops,
    denoise: (x: Float64Array, level: NoiseLevel) => ({ denoised: ops.make(posteriorMean(line, x, level)) }),
    noise: (_, { step }) => ops.make([noise[step]!]),
  })
  for await (const { x } of events) seen.push(x[0]!)
  return seen
}

describe('churn is that of algorithm 2', () => {
  const noise = [0.3, -1.2, 0.7, 1.9, -0.4, 0.1]
  test.each([
    ['euler', euler(churn)],
    ['heun', heun(churn)],
    ['heun', edmSolver(churn)],
    ['dpm-2', dpm2(churn)],
  ] as const)('%s', async (kind, solver) => {
    const wanted = algorithm2(kind, 70, noise)
    for (const [i, x] of (await states(solver, 70, noise)).entries()) expect(x).toBeCloseTo(wanted[i]!, 9)
  })

  test('it draws at every step, also where nothing is added', () => {
    const plan = edmSolver(churn).plan(levels, edm())
    expect(plan.steps.map(({ draws }) => draws.length)).toEqual([1, 1, 1, 1, 1, 1])
    expect(plan.steps[0]!.evaluations[0]!.level).toEqual(levels[0])
  })

  test('of ranges that are none', () => {
    expect(() => edmSolver({ churn: -1 })).toThrow(/edm: churn/)
    expect(() => edmSolver({ sMin: 2, sMax: 1 })).toThrow(/sMax/)
    expect(() => edmSolver({ churn: 1, sNoise: Number.NaN })).toThrow(/sNoise/)
    expect(() => edmSolver({ churn: 1 }).plan(exponential().levels(3, edm()))).toThrow(/pass the process/)
  })
})
