import { alignYourSteps, edm, karras, linspace, scaledLinear } from '@fewstep/schedules'
import { alignSteps, type EstimateGap, startingSigmas, subdivide, type TuneState, tuneSteps } from '@fewstep/tune'
import { describe, expect, test } from 'vitest'

const c = 0.5
/** Exact on N(0, c²): arXiv 2404.14507, section 3.1. */
const gap: EstimateGap = (t, u) => c ** 4 * (1 / (t * t + c * c) - 1 / (u * u + c * c))
const options = { gap, examples: 1 }
const process = edm({ sigmaMin: 0.02, sigmaMax: 20 })
const begin = (steps: number) => startingSigmas(karras(), steps, process)

async function all(start: readonly number[] | TuneState, more: object = {}) {
  const states: TuneState[] = []
  const run = tuneSteps(start, { ...options, ...more })
  for (;;) {
    const { value, done } = await run.next()
    if (done) return { states, table: value }
    states.push(value)
  }
}

describe('tuneSteps', () => {
  test('makes 10, 20 and 40 steps; a later stage keeps the levels of the one before', async () => {
    const { states, table } = await all(begin(10), { stop: ({ sweep }: TuneState) => sweep === 3 })
    const ends = [0, 1, 2].map(stage => states.findLast(state => state.stage === stage)!)
    expect(ends.map(({ sigmas }) => sigmas.length)).toEqual([11, 21, 41])
    expect(ends.map(({ done }) => done)).toEqual([true, true, true])
    expect(ends[0]!.sweep).toBe(3)
    expect(ends[2]!.sigmas).toEqual(table)
    for (const [few, many] of [ends.slice(0, 2), ends.slice(1)])
      for (const [i, sigma] of few!.sigmas.entries()) expect(many!.sigmas[2 * i]).toBe(sigma)
    // Equation 31: each new level alone between two that stay.
    for (let i = 1; i < 41; i += 2) {
      const [a, b] = [table[i + 1]!, table[i - 1]!]
      const best = c * Math.sqrt((a * b) / (Math.sqrt((a * a + c * c) * (b * b + c * c)) - a * b))
      expect(Math.abs(Math.log(table[i]! / best))).toBeLessThan(0.01 * Math.log(b / a))
    }
    expect(alignYourSteps(table, { terminal: 'table' }).levels(7, process)).toHaveLength(8)
  })

  test('is alignSteps, then alignSteps of the subdivided', async () => {
    const finish = async (sigmas: readonly number[], moves: (index: number) => boolean) => {
      let last = sigmas
      for await (const sweep of alignSteps(sigmas, { ...options, moves })) last = sweep.sigmas
      return last
    }
    const first = await finish(begin(4), () => true)
    const second = await finish(subdivide(first), index => index % 2 === 1)
    expect((await all(begin(4), { stages: 1 })).table).toEqual(first)
    expect((await all(begin(4), { stages: 2 })).table).toEqual(second)
  })

  test('calls stop in the first stage only, and not after its end', async () => {
    const asked: TuneState[] = []
    const stop = async (state: TuneState) => {
      asked.push(state)
      return state.sweep === 2
    }
    const { states } = await all(begin(4), { stages: 2, stop })
    expect(asked.map(({ stage, sweep }) => [stage, sweep])).toEqual([
      [0, 1],
      [0, 2],
    ])
    expect(states.filter(({ stage }) => stage === 0)).toHaveLength(2)
  })

  test('continues from any state, read from JSON, as if it had not stopped', async () => {
    const more = { sweeps: 6, stop: ({ sweep }: TuneState) => sweep === 4 }
    const { states, table } = await all(begin(4), more)
    for (const [i, state] of states.entries()) {
      const again = await all(JSON.parse(JSON.stringify(state)) as TuneState, more)
      expect(again.states).toEqual(states.slice(i + 1))
      expect(again.table).toEqual(table)
    }
  })

  test('an abort ends it', async () => {
    const control = new AbortController()
    const run = tuneSteps(begin(4), { ...options, signal: control.signal })
    await run.next()
    control.abort()
    await expect(run.next()).rejects.toThrow(/abort/)
  })

  const state: TuneState = { stage: 0, sweep: 0, sigmas: [3, 2, 1], reach: 0.5, done: false }
  test.each([
    ['no stages', begin(4), { stages: 0 }, /stages: expected a whole number of at least 1, got 0/],
    ['half a sweep', begin(4), { sweeps: 0.5 }, /sweeps: expected a whole number of at least 1, got 0.5/],
    ['two levels', [2, 1], {}, /three or more positive, falling sigmas/],
    ['a state beyond the stages', { ...state, stage: 3 }, {}, /state of one of 3 stages, from an event/],
    ['a state without its reach', { ...state, reach: Number.NaN }, {}, /from an event/],
    ['a state whose levels rise', { ...state, sigmas: [1, 2, 3] }, {}, /falling sigmas/],
  ])('%s: an error', async (_, start, more, message) => {
    await expect(tuneSteps(start, { ...options, ...more }).next()).rejects.toThrow(message)
  })
})

test('a tuning starts at the noisy levels, including both ends', () => {
  const sigmas = startingSigmas(karras(), 10, process)
  expect(sigmas).toHaveLength(11)
  expect([sigmas[0], sigmas[10]]).toEqual([expect.closeTo(20, 9), expect.closeTo(0.02, 12)])
  const table = scaledLinear()
  const even = startingSigmas(linspace(), 9, table)
  expect(even).toEqual(
    [999, 888, 777, 666, 555, 444, 333, 222, 111, 0].map(t => {
      const { alpha, sigma } = table.level(t)
      return sigma / alpha
    }),
  )
  expect(() => startingSigmas(linspace(), 9, scaledLinear({ zeroTerminalSnr: true }))).toThrow(
    /some signal, got alpha 0/,
  )
})
