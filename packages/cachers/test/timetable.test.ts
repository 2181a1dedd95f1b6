import {
  type Cacher,
  deepCache,
  easyCache,
  firstBlock,
  guidanceInterval,
  guidanceReuse,
  nonUniformSteps,
  printTimetable,
  shareOfWork,
  spectrum,
  taylorSeer,
  tGate,
  timetable,
} from '@fewstep/cachers'
import { leading, scaledLinear } from '@fewstep/schedules'
import { euler, eulerCfgPp, heun, pndm, type Solver } from '@fewstep/solvers'
import { describe, expect, test } from 'vitest'

const process = scaledLinear()
const planOf = (steps: number, solver: Solver = euler()) =>
  solver.plan(leading({ offset: 1 }).levels(steps, process), process)
/** One letter per evaluation: F(ull) or S(hallow) deep features; lower case means one condition. */
const letters = (steps: number, cachers: readonly Cacher[], solver?: Solver) =>
  timetable(planOf(steps, solver), cachers, { guided: true })
    .map(({ output, deep, cross, guidance }) => {
      const letter =
        output === 'forecast' ? '-' : cross === 'keep' ? 'K' : cross === 'reuse' ? 'G' : deep === 'compute' ? 'F' : 'S'
      const shallow = deep === 'reuse' && letter === 'G' ? 'H' : letter
      return guidance === 'both' ? shallow : guidance === 'kept' ? `${shallow}+` : shallow.toLowerCase()
    })
    .join(' ')

describe("DeepCache's non-uniform steps are those of its code (numpy's complex powers)", () => {
  test.each([
    [50, 5, 15, 1.4, [0, 5, 9, 13, 17, 21, 26, 31, 37, 43]],
    [50, 10, 15, 1.4, [0, 9, 17, 26, 37]],
    [50, 3, 15, 1.2, [0, 3, 6, 9, 11, 14, 15, 18, 21, 24, 26, 30, 33, 36, 39, 43, 46]],
    [50, 2, 15, 1.3, [0, 2, 4, 6, 8, 10, 11, 13, 15, 16, 17, 19, 21, 23, 25, 27, 29, 31, 33, 35, 38, 40, 42, 45, 47]],
    [30, 3, 10, 1.3, [0, 3, 6, 9, 10, 13, 16, 19, 22, 26]],
    [100, 5, 30, 1.4, [0, 5, 9, 14, 18, 22, 26, 30, 34, 38, 43, 47, 52, 58, 63, 69, 75, 81, 87, 93]],
  ])('%d steps, interval %d, center %d, power %d', (steps, interval, center, power, expected) => {
    expect(nonUniformSteps(steps, { interval, center, power })).toEqual(expected)
  })

  test('it is an error if no power gives enough steps', () => {
    expect(() => nonUniformSteps(4, { interval: 1, center: 2, power: 1.2 })).toThrow(/larger interval/)
    expect(() => nonUniformSteps(10, { interval: 3, center: 11, power: 1.4 })).toThrow(/center/)
  })
})

describe('timetables', () => {
  test('DeepCache: full at every third step, with all evaluations of a step alike', () => {
    expect(letters(7, [deepCache()])).toBe('F S S F S S F')
    expect(letters(4, [deepCache({ interval: 1 })])).toBe('F F F F')
    expect(letters(4, [deepCache()], heun())).toBe('F F S S S S F')
    expect(letters(5, [deepCache()], pndm())).toBe('F F S S F S')
    expect(letters(12, [deepCache({ interval: 5, nonUniform: { center: 4, power: 1.4 } })])).toBe(
      'F S S S F S S F S S S S',
    )
  })

  test('DeepCache counting timesteps, as its package does', () => {
    // PNDM evaluates at timesteps t0 t1 t1 t2 t3 t4; the package looks up the first one with an equal timestep.
    expect(letters(5, [deepCache({ count: 'timesteps' })], pndm())).toBe('F S S F S S')
  })

  test('T-GATE: kept at the last step before the gate, then one condition', () => {
    expect(letters(10, [tGate()])).toBe('F F F K g g g g g g')
    expect(letters(5, [tGate({ gate: 1 })])).toBe('K g g g g')
    expect(letters(4, [tGate({ gate: 4 })])).toBe('F F F F')
    expect(letters(3, [tGate({ gate: 2 })], heun())).toBe('F F K K g')
  })

  test('T-GATE after DeepCache: features of two conditions are not reused for one', () => {
    expect(letters(12, [deepCache(), tGate({ gate: 5 })])).toBe('F S S F K g h h g h h g')
  })

  test("T-GATE's second version reuses self-attentions", () => {
    const cells = timetable(planOf(12), [tGate({ gate: 9, selfAttention: { interval: 4, after: 2, warmUp: 1 } })], {
      guided: true,
    })
    const names = { compute: 'c', keep: 'k', reuse: 'r' }
    expect(cells.map(({ self }) => names[self]).join('')).toBe('ckrrkrrrkrkr')
    const first = timetable(planOf(12), [tGate({ gate: 9 })], { guided: true })
    expect(first.every(({ self }) => self === 'compute')).toBe(true)
  })

  test('guidance in an interval, and reused', () => {
    expect(letters(10, [guidanceInterval({ from: 0.2, to: 0.8 })])).toBe('f f F F F F F F f f')
    expect(letters(6, [guidanceReuse({ interval: 3 })])).toBe('F F+ F+ F F+ F+')
    expect(letters(6, [guidanceReuse({ interval: 2, from: 0.5 })])).toBe('F F F F F+ F')
    expect(letters(6, [guidanceReuse(), guidanceInterval({ from: 0.3 })])).toBe('f f F F+ F F+')
    const [inside] = [timetable(planOf(10), [guidanceInterval({ sigmaMin: 0.5, sigmaMax: 5 })], { guided: true })]
    const levels = planOf(10).steps.map(({ from }) => from.sigma / from.alpha)
    expect(inside.map(({ guidance }) => guidance === 'both')).toEqual(levels.map(rho => rho >= 0.5 && rho <= 5))
  })

  test('without guidance every evaluation has one condition', () => {
    const cells = timetable(planOf(6), [deepCache(), guidanceReuse()], { guided: false })
    expect(cells.every(({ guidance }) => guidance === 'alone')).toBe(true)
  })

  test('a CFG++ plan needs both conditions where it uses the estimate without the prompt', () => {
    for (const cachers of [[], [guidanceInterval({ to: 0.5 })], [tGate({ gate: 2 })]]) {
      const cells = timetable(planOf(4, eulerCfgPp()), cachers, { guided: false })
      expect(cells.map(({ guidance }) => guidance)).toEqual(['both', 'both', 'both', 'alone'])
    }
  })

  test('forecasts', () => {
    expect(letters(12, [taylorSeer()])).toBe('F F F - - - - F - - - -')
    expect(letters(14, [spectrum()])).toBe('F F F F - F - F - - F - - F')
  })

  test('an evaluation that is decided during the run is printed as such, and counts as full', () => {
    const cells = timetable(planOf(6), [firstBlock(), tGate({ gate: 3 })], { guided: true })
    expect(printTimetable(cells)).toBe(
      [
        '0  full ×2',
        '1  full or shallow ×2',
        '2  full ×2',
        '3  gated',
        '4  gated whole or shallow',
        '5  gated whole or shallow',
      ].join('\n'),
    )
    const work = 2 + 2 + 2 + 3 * 0.9
    expect(shareOfWork(cells, { shallow: 0.2, cross: 0.1, self: 0.1 }, { guided: true })).toBeCloseTo(work / 12, 12)
  })

  test('two caches of one kind are refused, and the error says what both do', () => {
    expect(() => timetable(planOf(4), [deepCache(), firstBlock()], { guided: true })).toThrow(
      'the caches deepcache and first-block must be used one at a time, since they reuse deep features (keep one), got both',
    )
    expect(() => timetable(planOf(4), [tGate(), tGate(), tGate()], { guided: true })).toThrow(
      'the cache tgate must be given once, got it 3 times',
    )
    expect(() => timetable(planOf(4), [taylorSeer(), easyCache()], { guided: true })).toThrow(
      /taylorseer and easycache must be used one at a time, since they leave out model evaluations/,
    )

    expect(() => timetable(planOf(4), [deepCache(), deepCache()], { guided: true })).toThrow(
      'the cache deepcache must be given once, got it 2 times',
    )
  })

  test('the error for a wrong option names it', () => {
    expect(() => deepCache({ interval: 0 })).toThrow(/interval must be a whole number/)
    expect(() => deepCache({ interval: 1.5 })).toThrow(/interval/)
    expect(() => tGate({ gate: 0 })).toThrow(/gate/)
    expect(() => firstBlock({ threshold: Number.NaN })).toThrow(/threshold must be a number from 0/)
    expect(() => firstBlock({ threshold: -1 })).toThrow(/threshold/)
    expect(() => firstBlock({ maximum: 0 })).toThrow(/maximum must be a whole number of at least 1/)
    expect(() => firstBlock({ branch: -1 })).toThrow(/branch/)
    expect(() => guidanceInterval({ from: 0.8, to: 0.2 })).toThrow(/to must be a number from 0.8/)
  })

  test('the share of the work, and the timetable as text', () => {
    const cells = timetable(planOf(6), [deepCache(), tGate({ gate: 3 })], { guided: true })
    // Two conditions: full, shallow, kept; then one: gated, shallow, shallow.
    const work = 2 * 1 + 2 * 0.2 + 2 * 1 + 0.9 + 0.2 + 0.2
    expect(shareOfWork(cells, { shallow: 0.2, cross: 0.1, self: 0.1 }, { guided: true })).toBeCloseTo(work / 12, 12)
    expect(printTimetable(cells)).toBe(
      ['0  full ×2', '1  shallow ×2', '2  full ×2', '3  gated', '4  gated shallow', '5  gated shallow'].join('\n'),
    )
  })
})
