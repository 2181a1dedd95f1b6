import { edm, exponential, type NoiseLevel } from '@fewstep/schedules'
import { dpm2s, dpm3s, dpmpp2s, dpmpp3s, type Solver } from '@fewstep/solvers'
import { expect, test } from 'vitest'
import { solverContract } from './support/contract.ts'
import { provesMoments } from './support/moments.ts'
import { provesOrder } from './support/order.ts'

const heun = { solverType: 'heun' } as const
const whole = { lowerOrderFinal: false }
const between = { between: true }
// Steps of three evaluations need a multiple of three intervals.
const thirds = { from: 48, to: 384 }

provesOrder([
  { name: 'dpm-2s', solver: dpm2s(whole) },
  { name: 'dpm-2s heun', solver: dpm2s({ ...heun, ...whole }) },
  { name: 'dpm-2s between', solver: dpm2s(between) },
  { name: 'dpm-2s between, r1 0.3', solver: dpm2s({ ...between, r1: 0.3 }) },
  { name: 'dpm-2s heun between, r1 0.7', solver: dpm2s({ ...heun, ...between, r1: 0.7 }) },
  { name: 'dpm-3s', solver: dpm3s(whole), ...thirds },
  { name: 'dpm-3s heun', solver: dpm3s({ ...heun, ...whole }), ...thirds },
  { name: 'dpm-3s between', solver: dpm3s(between) },
  { name: 'dpm-3s heun between, r1 0.25', solver: dpm3s({ ...heun, ...between, r1: 0.25 }) },
  { name: 'dpmpp-2s', solver: dpmpp2s(whole) },
  // Its error changes sign near 200 intervals of the logarithmic grid, and is regular far from there only.
  { name: 'dpmpp-2s heun', solver: dpmpp2s({ ...heun, ...whole }), from: 2560, to: 5120 },
  { name: 'dpmpp-2s between', solver: dpmpp2s(between) },
  { name: 'dpmpp-3s', solver: dpmpp3s(whole), ...thirds },
  { name: 'dpmpp-3s heun', solver: dpmpp3s({ ...heun, ...whole }), ...thirds },
  { name: 'dpmpp-3s between', solver: dpmpp3s(between) },
])

provesMoments([
  { name: 'dpmpp-2s, eta 0.5, published noise', solver: dpmpp2s({ eta: 0.5, reference: true }), order: 1 },
  { name: 'dpmpp-2s, eta 0.5', solver: dpmpp2s({ eta: 0.5 }), order: 2 },
  { name: 'dpmpp-2s, eta 0.5, between', solver: dpmpp2s({ eta: 0.5, ...between }), order: 2 },
  // As above: the sign changes.
  { name: 'dpmpp-3s, eta 0.5', solver: dpmpp3s({ eta: 0.5 }), order: 2, from: 1280, to: 5120 },
  { name: 'dpmpp-3s, eta 0.5, heun', solver: dpmpp3s({ eta: 0.5, ...heun }), order: 2 },
])

for (const [name, solver] of [
  ['dpm-2s between', dpm2s(between)],
  ['dpm-3s heun', dpm3s(heun)],
  ['dpm-3s between', dpm3s(between)],
  ['dpmpp-3s heun between', dpmpp3s({ ...heun, ...between })],
] as const)
  solverContract(name, solver)
for (const [name, solver] of [
  ['dpmpp-2s, eta 1', dpmpp2s({ eta: 1 })],
  ['dpmpp-3s, eta 1, between', dpmpp3s({ eta: 1, between: true })],
  ['dpmpp-3s, eta 0.5, as published', dpmpp3s({ eta: 0.5, ...heun, reference: true })],
] as const)
  solverContract(name, solver, { stochastic: true })

const levelsOf = (intervals: number, terminal: 'zero' | 'first' = 'first') =>
  exponential({ terminal }).levels(terminal === 'zero' ? intervals : intervals + 1, edm())
const callsOf = (solver: Solver, levels: readonly NoiseLevel[]) =>
  solver.plan(levels, edm()).steps.map(({ evaluations }) => evaluations.length)

test.each([
  // A pair of evaluations at the end of second order is two steps, as in diffusers.
  [1, [1], [1]],
  [2, [2], [1, 1]],
  [3, [2, 1], [2, 1]],
  [4, [3, 1], [2, 1, 1]],
  [5, [3, 2], [2, 2, 1]],
  [6, [3, 2, 1], [2, 2, 1, 1]],
  [7, [3, 3, 1], [2, 2, 2, 1]],
])('%d evaluations are divided as in the paper', (calls, third, second) => {
  expect(callsOf(dpmpp3s({ lowerOrderFinal: true }), levelsOf(calls))).toEqual(third)
  expect(callsOf(dpmpp2s({ lowerOrderFinal: true }), levelsOf(calls))).toEqual(second)
  for (const solver of [dpm2s(), dpm3s(), dpmpp2s(), dpmpp3s()])
    for (const terminal of ['zero', 'first'] as const)
      expect(callsOf(solver, levelsOf(calls, terminal)).reduce((sum, n) => sum + n)).toBe(calls)
  expect(callsOf(dpmpp3s({ between: true }), levelsOf(calls, 'zero'))).toEqual([...Array(calls - 1).fill(3), 1])
})

test('at eta 0 the stochastic forms are the deterministic ones', () => {
  const plan = (options: object) => dpmpp3s(options).plan(levelsOf(9), edm())
  expect(plan({ eta: 0, reference: true })).toEqual(plan({}))
  const tiny = plan({ eta: 1e-9 }).steps
  for (const [i, { output }] of plan({}).steps.entries())
    for (const [k, { weight }] of output.entries()) expect(tiny[i]!.output[k]!.weight).toBeCloseTo(weight, 7)
})

test('nodes too close together, and starts without signal, make steps of fewer evaluations', () => {
  const at = (rho: number) => ({ alpha: 1, sigma: rho })
  expect(callsOf(dpmpp3s(), [10, 9.99, 1, 0.1].map(at))).toEqual([1, 1, 1])
  expect(callsOf(dpmpp3s(), [{ alpha: 0, sigma: 1 }, at(9), at(3), at(1)])).toEqual([1, 2])
})

test('evaluations between the levels need the process, and a distance to the ends', () => {
  expect(() => dpmpp2s({ between: true }).plan(levelsOf(3))).toThrow(/pass the process/)
  expect(() => dpmpp2s({ r1: 1 })).toThrow(/r1 must be a number from 0.01 to 0.99/)
  expect(() => dpm3s({ r1: 2 / 3 })).toThrow(/r1/)
  expect(() => dpmpp2s({ eta: 1.5 })).toThrow(/eta/)
  expect(() => dpmpp2s({ eta: 1, sNoise: Number.NaN })).toThrow(/sNoise/)
  expect(() => dpmpp2s({ solverType: 'euler' as 'heun' })).toThrow(
    /solverType must be one of midpoint, heun, got euler/,
  )
})
