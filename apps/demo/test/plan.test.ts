import { readFileSync } from 'node:fs'
import { model } from '@fewstep/model-emoji'
import { solverCatalogue } from '@fewstep/solvers/catalogue'
import { describe, expect, test } from 'vitest'
import { cellViews } from '../src/plan/cells.ts'
import { callCounts, convergedLane, entrantRows, laneWithCalls } from '../src/plan/entrants.ts'
import { levelAxis, rhosOf } from '../src/plan/levels.ts'
import { type Planned, planned as plannedOrNot, unusedOf, workOfRun } from '../src/plan/planned.ts'
import { stepWeights } from '../src/plan/weights.ts'
import { type Lane, start } from '../src/state/place.ts'

const config: unknown = JSON.parse(readFileSync(new URL('scheduler/scheduler_config.json', model), 'utf8'))
const lane = (change: Partial<Lane>): Lane => ({ steps: 6, guidance: 7.5, caches: [], ...change })
const common = { guidance: 7.5, schedule: start.levels }
/** Of solvers that have a plan. */
function planned(config: unknown, lane: Lane): Planned {
  const run = plannedOrNot(config, lane)
  if (run === undefined) throw new Error(`expected a plan, got none for ${lane.solver}`)
  return run
}
const shares = { total: 1e9, cross: 0.1, self: 0.2, shallow: { 0: 0.25 } }

describe('the timetable', () => {
  test('of DeepCache: one whole call of three, two conditions each', () => {
    const cells = cellViews(planned(config, lane({ solver: 'ddim', caches: ['deepcache:interval=3'] })).cells)
    expect(cells.map(({ kind }) => kind)).toEqual(['full', 'shallow', 'shallow', 'full', 'shallow', 'shallow'])
    expect(cells[1]).toMatchObject({ step: 1, conditions: 2 })
    expect(cells[1]!.words).toBe('Evaluation 2, step 2: deep features reused, two conditions')
  })

  test('of T-GATE: one condition from the gate on', () => {
    const cells = cellViews(planned(config, lane({ solver: 'ddim', caches: ['tgate:gate=2'] })).cells)
    expect(cells.map(({ kind, conditions }) => `${kind} ${conditions}`)).toEqual([
      'full 2',
      'full 2',
      'gated 1',
      'gated 1',
      'gated 1',
      'gated 1',
    ])
  })

  test('of a cache that decides on the way: one whole call, and what may be reused', () => {
    const cells = cellViews(planned(config, lane({ solver: 'ddim', steps: 3, caches: ['first-block'] })).cells)
    expect(cells.map(({ kind }) => kind)).toEqual(['full', 'decided', 'decided'])
  })

  test('of a forecast: no call', () => {
    const { cells, calls } = planned(config, lane({ solver: 'ddim', caches: ['taylorseer:interval=2,warmUp=2'] }))
    const views = cellViews(cells)
    expect(views.filter(({ kind }) => kind === 'forecast').length).toBe(6 - calls)
    expect(views.find(({ kind }) => kind === 'forecast')).toMatchObject({ conditions: 0 })
  })
})

test('work is counted in calls for one condition', () => {
  const deep = lane({ solver: 'ddim', caches: ['deepcache:interval=3'] })
  // Two whole and four shallow calls, two conditions each.
  const calls = 2 * (2 + 4 * 0.25)
  expect(workOfRun(planned(config, deep), deep, shares)).toEqual({ calls, share: calls / 12, atMost: false })
  expect(workOfRun(planned(config, deep), deep, undefined)).toBeUndefined()
  const other = lane({ solver: 'ddim', caches: ['deepcache:branch=7'] })
  expect(workOfRun(planned(config, other), other, shares)).toBeUndefined()
})

test.each([
  [['first-block:branch=0'], true],
  [['adaptive-guidance'], true],
  [['easycache'], true],
  [['deepcache', 'guidance-interval'], false],
] as const)('under %j work is known before the run, at most: %j', (caches, atMost) => {
  const cached = lane({ solver: 'ddim', caches })
  expect(workOfRun(planned(config, cached), cached, shares)?.atMost).toBe(atMost)
})

test.each([1, 0, 0.5, -2])('guidance %d is none: one condition, and no cache of guidance saves anything', guidance => {
  const alone = lane({ solver: 'ddim', guidance, caches: ['adaptive-guidance', 'guidance-reuse'] })
  const run = planned(config, alone)
  expect(cellViews(run.cells).map(({ conditions }) => conditions)).toEqual([1, 1, 1, 1, 1, 1])
  expect(workOfRun(run, alone, shares)).toEqual({ calls: 6, share: 1, atMost: false })
})

test('CFG++ asks two conditions at any guidance, but for its last step, where no guidance needs one', () => {
  const work = (guidance: number) => {
    const plus = lane({ solver: 'euler-cfg-pp', guidance })
    return workOfRun(planned({ ...(config as object), set_alpha_to_one: true }, plus), plus, shares)
  }
  expect(work(0.6)).toEqual({ calls: 12, share: 1, atMost: false })
  expect(work(1)).toEqual({ calls: 11, share: 1, atMost: false })
})

test('a negative prompt is unused up to guidance 1, but for CFG++', () => {
  const unused = (change: Partial<Lane>, negative = 'red') =>
    unusedOf(negative, lane(change), planned(config, lane(change)))
  expect(unused({ guidance: 1 })).toMatch(/^the negative prompt has no effect at guidance 1,/)
  expect(unused({ guidance: 1.5 })).toBeUndefined()
  expect(unused({ guidance: 1 }, ' ')).toBeUndefined()
  expect(unused({ guidance: 1, solver: 'euler-cfg-pp' })).toBeUndefined()
  expect(unusedOf('red', lane({ guidance: 0 }), undefined)).toMatch(/at guidance 0,/)
})

describe('the axis of levels', () => {
  test('is logarithmic: equal ratios are equal distances', () => {
    const { at, ticks } = levelAxis([10, 1, 0.1, 0])
    expect(at(10)).toBe(0)
    expect(at(1) - at(10)).toBeCloseTo(at(0.1) - at(1), 12)
    expect(at(0)).toBe(1)
    expect(at(Number.POSITIVE_INFINITY)).toBe(0)
    expect(ticks.map(({ label }) => label)).toEqual(['10', '1', '0.1', '0'])
  })

  test.each([[[]], [[5]], [[0]], [[Number.POSITIVE_INFINITY, 0]]])('of %j has no number that is none', rhos => {
    const { at, ticks } = levelAxis(rhos)
    for (const place of [...rhos.map(at), ...ticks.map(({ at }) => at)]) {
      expect(place).toBeGreaterThanOrEqual(0)
      expect(place).toBeLessThanOrEqual(1)
    }
  })

  test("takes the plan's own levels, one more than its steps", () => {
    const rhos = rhosOf(planned(config, lane({ solver: 'dpmpp-2m', schedule: 'karras' })).plan)
    expect(rhos).toHaveLength(7)
    expect(rhos).toEqual([...rhos].sort((a, b) => b - a))
  })
})

describe('the weights of a step', () => {
  const { plan } = planned(config, lane({ solver: 'dpmpp-2m' }))

  test('are those of the plan, with the longest bar for the largest', () => {
    const { output } = stepWeights(plan, 2)
    expect(output.map(({ symbol }) => symbol).sort()).toEqual(['D2', 'D3', 'x'])
    expect(output.map(({ weight }) => weight)).toEqual(plan.steps[2]!.output.map(({ weight }) => weight))
    expect(Math.max(...output.map(({ length }) => Math.abs(length)))).toBe(1)
  })

  test('name the draws of a stochastic solver', () => {
    const { output } = stepWeights(planned(config, lane({ solver: 'dpmpp-2m-sde' })).plan, 1)
    expect(output.map(({ symbol }) => symbol)).toContain('z0')
  })

  test.each([-1, 6, 0.5])('there is no step %s', step => {
    expect(() => stepWeights(plan, step)).toThrow(/from 0 to 5/)
  })
})

describe('the race', () => {
  test.each(solverCatalogue.map(({ name }) => name))(
    '%s makes at most so many calls, and could make no more',
    solver => {
      for (const calls of callCounts) {
        const found = laneWithCalls(config, solver, calls, common)
        if (found === undefined) continue
        expect(planned(config, found).calls).toBeLessThanOrEqual(calls)
        expect(callsOf({ ...found, steps: found.steps + 1 })).toBeGreaterThan(calls)
      }
    },
  )

  test('those that are entered at first have a run of each length', () => {
    const names = entrantRows(config).map(({ name }) => name)
    for (const solver of start.entrants) {
      expect(names).toContain(solver)
      for (const calls of callCounts) expect(laneWithCalls(config, solver, calls, common)).toBeDefined()
    }
  })

  test('the converged image has the most calls', () => {
    expect(planned(config, convergedLane(common)).calls).toBe(60)
  })
})

function callsOf(lane: Lane): number {
  try {
    return planned(config, lane).calls
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

test('steps that are found on the way have no plan, and allow no timetable', () => {
  expect(plannedOrNot(config, lane({ solver: 'dpm-adaptive' }))).toBeUndefined()
  expect(() => plannedOrNot(config, lane({ solver: 'dpm-adaptive', caches: ['deepcache'] }))).toThrow(
    /known beforehand/,
  )
})

test.each([
  [{ noise: 'pink' }, /noise must be sequential or brownian/],
  [{ solver: 'ddimm' }, /ddimm is unknown, did you mean ddim/],
  [{ solver: 'ddim:eta=x' }, /eta must be a number/],
  [{ caches: ['deepcache', 'deepcache'] }, /deepcache/i],
  [{ steps: 0 }, /steps/],
] as const)('%j makes no run, in words', (change, words) => {
  expect(() => planned(config, lane(change as Partial<Lane>))).toThrow(words)
})
