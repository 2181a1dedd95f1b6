import { edm, exponential, type NoiseLevel } from '@fewstep/schedules'
import {
  corrected,
  deis,
  dpm3s,
  dpmpp2m,
  dpmpp2mSde,
  dpmpp3m,
  fullStart,
  ipndm,
  lms,
  OptionError,
  pndm,
  type Solver,
  unipc,
} from '@fewstep/solvers'
import { describe, expect, test } from 'vitest'
import { solve, solverContract } from './support/contract.ts'
import { even } from './support/frames.ts'
import { provesOrder } from './support/order.ts'

const levels = exponential().levels(12, edm())
const evaluationsOf = (solver: Solver, on: readonly NoiseLevel[] = levels) =>
  solver.plan(on, edm()).steps.flatMap(({ evaluations }) => evaluations)

// As users start them: no exact starting values.
provesOrder([
  { name: 'dpmpp-3m with a full start', solver: fullStart(dpmpp3m()) },
  { name: 'dpmpp-3m with a full start, whole to the end', solver: fullStart(dpmpp3m({ lowerOrderFinal: false })) },
  { name: 'unipc-3 with a full start', solver: fullStart(unipc()), from: 160 },
  { name: 'corrected(dpmpp-2m) with a full start', solver: fullStart(corrected(dpmpp2m())) },
  // Fixed weights have their own order on even steps only.
  {
    name: 'ipndm with a full start',
    solver: fullStart(ipndm(), { order: 4 }),
    order: 4,
    grids: [even],
    from: 320,
    to: 640,
  },
])
// Without it, the same runs are of second order.
provesOrder([{ name: 'lms as it starts by itself', solver: lms(), order: 2, from: 1280, to: 2560 }])

describe('a full start', () => {
  test.each([
    [1, 0],
    [2, 0],
    [3, 0],
    [4, 1],
    [5, 3],
    [6, 6],
    [10, 28],
  ])('of order %d costs %d evaluations, all at levels of the schedule', (order, extra) => {
    const made = evaluationsOf(fullStart(dpmpp2m(), { order }))
    expect(made.length).toBe(12 + extra)
    for (const { level } of made) expect(levels).toContain(level)
  })

  test.each([1, 2])('is the same as none in %d steps', steps => {
    const short = exponential().levels(steps, edm())
    expect(fullStart(deis({ order: 4 })).plan(short)).toEqual(deis({ order: 4 }).plan(short))
  })

  test('ends where the schedule ends, in runs shorter than the start too', async () => {
    for (const steps of [3, 4, 5, 6]) {
      const short = exponential({ terminal: 'zero' }).levels(steps, edm())
      const solver = fullStart(unipc({ order: 9 }))
      expect(solver.plan(short).steps.at(-1)!.to).toEqual(short.at(-1))
      const { x } = await solve(solver, short, { denoised: at => at.map(() => 0.7), x: 80 })
      expect(x).toBeCloseTo(0.7, 9)
    }
  })

  test.each([
    ['noise', dpmpp2mSde()],
    ['warm-up steps', pndm()],
    ['steps of several evaluations', dpm3s()],
  ])('is refused for a solver with %s', (_, solver) => {
    expect(() => fullStart(solver).plan(levels, edm())).toThrow(OptionError)
    expect(() => fullStart(solver).plan(levels, edm())).toThrow(/start must be lower .*got full/)
  })

  test('of no order is refused', () => {
    expect(() => fullStart(deis(), { order: 0 })).toThrow(/order must be a whole number from 1 to 10, got 0/)
  })
})

solverContract('deis-4 with a full start', fullStart(deis({ order: 4 })))
solverContract('unipc of order 9 with a full start', fullStart(unipc({ order: 9 })))
