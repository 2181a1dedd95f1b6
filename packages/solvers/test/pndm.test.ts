import { edm, exponential, karras, type NoiseLevel, scaledLinear } from '@fewstep/schedules'
import { euler, fpndm, heun, ipndm, ipndmV, lms, pndm, type Solver, spndm } from '@fewstep/solvers'
import { expect, test } from 'vitest'
import { solve, solverContract } from './support/contract.ts'
import { even, grids } from './support/frames.ts'
import { provesOrder } from './support/order.ts'
import { expectSamePlans } from './support/plans.ts'

// Where steps change length, fixed weights of any number are of second order, and show it late.
const late = { from: 320, to: 640 }
const orders = [1, 2, 3, 4]
provesOrder([
  { ...late, solver: pndm(), exact: 4 },
  { ...late, solver: fpndm(), exact: 3 },
  { ...late, solver: spndm(), exact: 1 },
  ...orders.map(order => ({ ...late, name: `ipndm of ${order}`, solver: ipndm({ order }), exact: order })),
  ...orders.map(order => ({ name: `ipndm-v of ${order}`, solver: ipndmV({ order }), exact: order })),
  { name: 'ipndm-v of 3 as published', solver: ipndmV({ order: 3, reference: true }), exact: 3 },
  {
    ...late,
    name: 'ipndm-v of 4 as published',
    solver: ipndmV({ reference: true }),
    exact: 4,
    // Where each step is the same part of the one before, the misplaced factors are equal.
    grids: grids.filter(({ name }) => name !== 'logarithmic'),
  },
])

const onEven = { grids: [even], from: 320, to: 640 }
provesOrder([
  { ...onEven, name: 'pndm on even steps', solver: pndm(), exact: 4, order: 4 },
  { ...onEven, name: 'fpndm on even steps', solver: fpndm(), exact: 3, order: 4 },
  ...[3, 4].map(order => ({
    ...onEven,
    name: `ipndm of ${order} on even steps`,
    solver: ipndm({ order }),
    exact: order,
    order,
  })),
])

for (const order of [1, 2, 3]) {
  solverContract(`ipndm of ${order}`, ipndm({ order, eulerAtFinal: false }))
  solverContract(`ipndm-v of ${order}`, ipndmV({ order, eulerAtFinal: false }))
}
solverContract('ipndm-v of 3 as published', ipndmV({ order: 3, reference: true, eulerAtFinal: false }))

const process = scaledLinear()
const levels = karras().levels(8, process)
const end = async (solver: Solver, at = levels) => (await solve(solver, at, { process })).x

test('with one slope it is Euler, with a warm-up step alone Heun', async () => {
  expect(await end(ipndm({ order: 1 }))).toBeCloseTo(await end(euler()), 12)
  expect(await end(ipndmV({ order: 1 }))).toBeCloseTo(await end(euler()), 12)
  const [a, b, c] = levels as [(typeof levels)[0], (typeof levels)[0], (typeof levels)[0]]
  const [first] = pndm().plan([a, b, c]).steps
  expectSamePlans({ steps: [first!] }, { steps: [heun().plan([a, b]).steps[0]!] })
})

test('on even steps the weights are the fixed ones', async () => {
  const levels = even.rhos(10).map(sigma => ({ alpha: 1, sigma }))
  for (const order of orders)
    expect(await end(ipndmV({ order }), levels)).toBeCloseTo(await end(ipndm({ order }), levels), 11)
  for (const order of [1, 2, 3])
    expect(await end(ipndmV({ order, reference: true }), levels)).toBeCloseTo(await end(ipndm({ order }), levels), 11)
})

test('the published weights of four values are neither the fixed ones on even steps nor of sum 1 on others', () => {
  const weights = (levels: readonly NoiseLevel[]) => {
    const [from, to] = levels.slice(-2) as [NoiseLevel, NoiseLevel]
    const { output } = ipndmV({ reference: true }).plan(levels).steps.at(-1)!
    return output.slice(1).map(({ weight }) => weight / (to.sigma - from.sigma))
  }
  const [even, uneven] = [
    [5, 4, 3, 2, 1],
    [9, 7, 3, 2, 1],
  ].map(sigmas => sigmas.map(sigma => ({ alpha: 1, sigma })))
  const third = 11 / 24 - 9 / 24
  const differences = [1, -3, 3, -1]
  const fixed = [55 / 24, -59 / 24, 37 / 24, -9 / 24]
  expect(weights(even!)).toEqual(fixed.map((weight, k) => expect.closeTo(weight + third * differences[k]!, 12)))
  expect(Math.abs(weights(uneven!).reduce((sum, weight) => sum + weight) - 1)).toBeGreaterThan(0.01)
})

test('the weights of a step are exact for every cubic in ρ', () => {
  const levels = exponential().levels(9, edm())
  const { steps } = ipndmV({ eulerAtFinal: false }).plan(levels)
  for (const i of [3, 5, 8]) {
    const nodes = [0, 1, 2, 3].map(k => levels[i - k]!.sigma)
    const terms = steps[i]!.output.filter(({ slot }) => slot.kind === 'evaluation')
    for (const power of [0, 1, 2, 3]) {
      const sum = terms.reduce((total, { weight }, k) => total + weight * nodes[k]! ** power, 0)
      const [from, to] = [levels[i]!.sigma, levels[i + 1]!.sigma]
      const exact = (to ** (power + 1) - from ** (power + 1)) / (power + 1)
      expect(Math.abs(sum / exact - 1)).toBeLessThan(1e-9)
    }
  }
})

test.each(orders)('with variable steps it is the linear multistep method of order %d, but for the end', order => {
  const noisy = levels.slice(0, -1)
  expect(ipndmV({ order }).plan(noisy)).toEqual(lms({ order }).plan(noisy))
  expect(ipndmV({ order, eulerAtFinal: false }).plan(levels)).toEqual(lms({ order }).plan(levels))
})

test('the number of evaluations is that of the paper', async () => {
  const calls = async (solver: Solver) => (await solve(solver, levels, { process })).calls
  expect(await calls(spndm())).toBe(9)
  expect(await calls(pndm())).toBe(9)
  expect(await calls(fpndm())).toBe(17)
  expect(await calls(ipndm())).toBe(8)
  expect(await calls(ipndmV())).toBe(8)
})

test('a start without signal warms up where signal begins', async () => {
  const zero = scaledLinear({ zeroTerminalSnr: true })
  const levels = [999, 800, 600, 400, 200].map(t => zero.level(t))
  expect(
    fpndm()
      .plan(levels, zero)
      .steps.map(({ evaluations }) => evaluations.length),
  ).toEqual([1, 4, 4, 4])
  expect(
    pndm()
      .plan(levels, zero)
      .steps.map(({ evaluations }) => evaluations.length),
  ).toEqual([1, 2, 1, 1])
})

test('what it cannot do is an error that says so', () => {
  expect(() => fpndm().plan(levels)).toThrow(/fpndm: .*pass the process/)
  expect(() => ipndm({ order: 5 })).toThrow('ipndm: order must be a whole number from 1 to 4, got 5')
  expect(() => ipndmV({ order: 2.5 })).toThrow('ipndm-v: order must be a whole number from 1 to 4, got 2.5')
})

test('iPNDM remembers the noise of a start without signal, which is x itself', () => {
  const levels = [999, 700, 400].map(t => scaledLinear({ zeroTerminalSnr: true }).level(t))
  const { steps } = ipndm().plan(levels)
  expect(steps[0]!.output.map(({ slot }) => slot.kind)).toEqual(['state', 'evaluation'])
  const [, newer, older] = steps[1]!.output
  expect(newer!.weight / older!.weight).toBeCloseTo(-3, 12)
})
