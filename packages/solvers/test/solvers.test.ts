import { edm, exponential, flow, leading, type NoiseLevel, scaledLinear } from '@fewstep/schedules'
import { ddim, dpmpp2m, euler, eulerAncestral, heun, pndm, run, type Solver } from '@fewstep/solvers'
import { describe, expect, test } from 'vitest'
import { type Box, boxes } from './support/boxes.ts'
import { exact } from './support/mixture.ts'
import { grid, measuredOrder, solve } from './support/solve.ts'

describe('order of convergence on an exact Gaussian mixture', () => {
  test.each([
    [euler(), 1],
    [ddim(), 1],
    [eulerAncestral({ eta: 0 }), 1],
    [heun(), 2],
    [dpmpp2m({ lowerOrderFinal: false }), 2],
  ] as const)('$0.name has order $1', async (solver, order) => {
    const slope = await measuredOrder(solver)
    expect(slope).toBeGreaterThan(order - 0.25)
    expect(slope).toBeLessThan(order + 0.5)
  })
})

const solvers = [euler(), ddim(), ddim({ eta: 1 }), eulerAncestral(), heun(), dpmpp2m(), pndm(), pndm({ prk: true })]

describe.each(solvers.map(solver => [solver.name, solver] as const))('%s', (_, solver) => {
  test.each([1, 2, 3, 6])('survives %d steps, a clean end and every process', async steps => {
    for (const process of [scaledLinear(), scaledLinear({ zeroTerminalSnr: true }), edm(), flow()]) {
      const levels = (process.last > 100 ? leading({ offset: 1 }) : exponential()).levels(steps, process)
      const plan = solver.plan(levels, process)
      expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
      const { x } = await solve(solver, levels, 1, process)
      expect(Number.isFinite(x)).toBe(true)
    }
  })

  test('starts where no signal is left', async () => {
    const process = scaledLinear({ zeroTerminalSnr: true })
    const levels = [999, 700, 400, 100].map(t => process.level(t))
    expect(Number.isFinite((await solve(solver, [...levels, { alpha: 1, sigma: 0 }], 1, process)).x)).toBe(true)
  })

  test('refuses levels that do not fall', () => {
    const level = { alpha: 1, sigma: 1 }
    expect(() => solver.plan([level, level])).toThrow(/fall/)
    expect(() => solver.plan([level])).toThrow(/two noise levels/)
    expect(() => solver.plan([{ alpha: 1, sigma: Number.NaN }, level])).toThrow(/at least 0/)
  })
})

test('the number of calls is what the papers say', async () => {
  const levels = leading({ offset: 1 }).levels(10, scaledLinear())
  const calls = async (solver: Solver) => (await solve(solver, levels, 1, scaledLinear())).calls
  expect(await calls(heun())).toBe(19)
  expect(await calls(pndm())).toBe(11)
  expect(await calls(pndm({ prk: true }))).toBe(19)
})

test.each(['break', 'throw', 'abort'] as const)('nothing stays alive after a %s', async way => {
  const ops = boxes()
  const control = new AbortController()
  let calls = 0
  const attempt = async (): Promise<void> => {
    const plan = dpmpp2m().plan(grid(8))
    const denoise = (at: Box, level: NoiseLevel) => {
      if (++calls === 4 && way === 'throw') throw new Error('network down')
      return { denoised: ops.make(exact(at.value, level)) }
    }
    for await (const event of run(plan, { value: 3 }, { ops, denoise, signal: control.signal })) {
      if (event.step === 3 && way === 'break') return
      if (event.step === 3 && way === 'abort') control.abort()
    }
  }
  if (way === 'break') await attempt()
  else await expect(attempt()).rejects.toThrow(way === 'throw' ? 'network down' : /abort/)
  expect(ops.alive.size).toBe(0)
})
