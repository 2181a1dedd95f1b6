import {
  absorbing,
  beta,
  confidence,
  cosine,
  d3pm,
  diffuse,
  dndm,
  dndmK,
  dndmV2,
  multinomial,
  type RunTokensOptions,
  rdm,
  type TokenPlan,
  type TokenSampler,
  tokenLayout,
} from '@fewstep/solvers/discrete'
import { torchGenerator } from '@fewstep/tensor'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { finish } from './toy.ts'

// begin 1, end 2, padding 0; mask 9.
const tokens = [1, 7, 7, 7, 7, 2, 1, 7, 7, 2, 0, 0]
const special = [0, 1, 2]
const layout = tokenLayout(tokens, { length: 6, special })
const random = () => torchGenerator(11)

const samplers: readonly (readonly [string, TokenSampler])[] = [
  ['dndm', dndm()],
  ['dndm, own times, Beta', dndm({ law: beta({ a: 5, b: 3 }), times: 'own' })],
  ['dndmV2', dndmV2({ times: 'own' })],
  ['dndmK', dndmK()],
  ['dndmK, own times', dndmK({ times: 'own' })],
  ['rdm', rdm()],
  ['rdm, conditional, stochastic, cosine', rdm({ conditional: true, stochastic: 1, rate: cosine() })],
  ['confidence', confidence()],
  ['d3pm', d3pm()],
]

/** Logits that depend on position, token and call, without any order in them. */
const network =
  (vocabulary: number) =>
  (at: Int32Array, time: number): Float32Array =>
    Float32Array.from({ length: at.length * vocabulary }, (_, i) => {
      return Math.sin(12.9898 * i + 78.233 * at[Math.floor(i / vocabulary)]! + 31 * time) * 3
    })

test('special tokens are in no position that diffuses', () => {
  expect(layout.free).toEqual([
    [1, 2, 3, 4],
    [1, 2],
  ])
})

describe.each(samplers)('%s', (_, sampler) => {
  test.each([1, 2, 7, 50])('%d steps: times fall from at most 1, and no more evaluations than steps', steps => {
    const { steps: calls } = sampler.plan(layout, steps, random())
    expect(calls.length).toBeGreaterThan(0)
    expect(calls.length).toBeLessThanOrEqual(steps)
    for (const [i, { time }] of calls.entries()) {
      expect(time).toBeGreaterThan(0)
      expect(time).toBeLessThanOrEqual(calls[i - 1]?.time ?? 1)
      expect(time * steps).toBeCloseTo(Math.round(time * steps), 9)
    }
  })

  test('a plan is JSON', () => {
    const plan = sampler.plan(layout, 7, random())
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
  })

  test.each([0, 1.5, Number.NaN, -1])('%d steps are refused', steps => {
    expect(() => sampler.plan(layout, steps, random())).toThrow(/: steps: expected a whole number of at least 1, got/)
  })

  test('the same seed gives the same words', async () => {
    const once = async () => {
      const generator = random()
      const noise = multinomial({ vocabulary: 10, except: special })
      const start = diffuse(tokens, layout, { noise, random: generator })
      return finish(sampler.plan(layout, 6, generator), start, { noise, random: generator, denoise: network(10) })
    }
    expect(await once()).toEqual(await once())
  })

  test.each([1, 3, 12])('%d steps with masks: specials stay, no mask is left', async steps => {
    const noise = absorbing({ mask: 9 })
    const generator = random()
    const start = diffuse(tokens, layout, { noise, random: generator })
    expect([...start]).toEqual([1, 9, 9, 9, 9, 2, 1, 9, 9, 2, 0, 0])
    const plan = sampler.plan(layout, steps, generator)
    const { tokens: out } = await finish(plan, start, { noise, random: generator, denoise: network(10) })
    expect([...start]).toEqual([1, 9, 9, 9, 9, 2, 1, 9, 9, 2, 0, 0])
    for (const [i, token] of [...out].entries()) {
      if (special.includes(tokens[i]!)) expect(token).toBe(tokens[i])
      else expect(token).not.toBe(9)
    }
  })

  test('nothing that diffuses: no evaluation', async () => {
    const none = tokenLayout([1, 2], { length: 2, special })
    const { steps } = sampler.plan(none, 5, random())
    // Samplers whose calls do not depend on the layout still make them; what they leave is the same.
    const on = { noise: absorbing({ mask: 9 }), random: random(), denoise: network(10) }
    expect([...(await finish({ layout: none, steps }, [1, 2], on)).tokens]).toEqual([1, 2])
  })
})

describe('DNDM', () => {
  const written = (plan: TokenPlan, row: number): readonly number[] =>
    plan.steps.flatMap(({ selection }) => (selection.kind === 'positions' ? selection.positions[row]! : []))

  test('writes each position once, at any law, number of steps and sharing', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 5, 40, 1000, Number.POSITIVE_INFINITY),
        fc.constantFrom('shared' as const, 'own' as const),
        fc.constantFrom({}, { law: beta({ a: 17, b: 5 }) }, { law: beta({ a: 0.4, b: 0.7 }) }),
        fc.integer({ min: 0, max: 1e9 }),
        fc.array(fc.boolean(), { minLength: 6, maxLength: 18 }),
        (steps, times, law, seed, fixed) => {
          const row = fixed.slice(0, 6 * Math.floor(fixed.length / 6)).map(special => (special ? 0 : 5))
          const any = tokenLayout(row, { length: 6, special: [0] })
          const plan = dndm({ ...law, times }).plan(any, steps, torchGenerator(seed))
          for (const [i, free] of any.free.entries()) {
            expect([...written(plan, i)].sort((a, b) => a - b)).toEqual(free)
          }
          // No call is for nothing.
          for (const { selection } of plan.steps) {
            expect(selection.kind === 'positions' && selection.positions.some(({ length }) => length > 0)).toBe(true)
          }
        },
      ),
      { seed: 7 },
    )
  })

  test('in continuous time one evaluation writes one position of a sequence', () => {
    const plan = dndm().plan(tokenLayout(new Int32Array(300), { length: 300 }), Number.POSITIVE_INFINITY, random())
    expect(plan.steps).toHaveLength(300)
  })

  test('times shared by the batch need no more evaluations than the longest sequence', () => {
    expect(dndm().plan(layout, Number.POSITIVE_INFINITY, random()).steps).toHaveLength(4)
    expect(dndm({ times: 'own' }).plan(layout, Number.POSITIVE_INFINITY, random()).steps).toHaveLength(6)
  })

  test('with separate times, an evaluation gets the sequences whose logits are used', async () => {
    const plan = dndm({ times: 'own' }).plan(layout, 5, random())
    const told: (readonly number[])[] = []
    const denoise: RunTokensOptions['denoise'] = (at, time, { sequences }) => {
      told.push(sequences)
      return network(10)(at, time)
    }
    const noise = absorbing({ mask: 9 })
    const { after } = await finish(plan, diffuse(tokens, layout, { noise, random: random() }), {
      noise,
      random: random(),
      denoise,
    })
    const written = [new Uint8Array(12), ...after.map(({ written }) => written)].map(flags => [...flags])
    for (const [i, sequences] of told.entries()) {
      const changed = written[i + 1]!.flatMap((flag, at) => (flag === written[i]![at] ? [] : [Math.floor(at / 6)]))
      expect(sequences).toEqual([...new Set(changed)])
    }
    expect(told.some(({ length }) => length === 1)).toBe(true)
  })

  test('version 2 writes earlier positions again, with as many evaluations', () => {
    const [one, two] = [dndm, dndmV2].map(make => make({ times: 'own' }).plan(layout, 20, random()))
    expect(two!.steps.map(({ time }) => time)).toEqual(one!.steps.map(({ time }) => time))
    for (const row of [0, 1]) {
      const seen = new Set<number>()
      for (const [i, { selection }] of two!.steps.entries()) {
        const now = one!.steps[i]!.selection
        if (selection.kind !== 'positions' || now.kind !== 'positions') throw new Error('no positions')
        for (const position of now.positions[row]!) seen.add(position)
        if (now.positions[row]!.length === 0) expect(selection.positions[row]).toEqual([])
        else expect([...selection.positions[row]!].sort()).toEqual([...seen].sort())
      }
    }
  })

  test('k: as many positions stay noise as have their time to come', () => {
    const [one, k] = [dndm, dndmK].map(make => make({ times: 'own' }).plan(layout, 20, random()))
    for (const row of [0, 1]) {
      let left = layout.free[row]!.length
      for (const [i, { selection }] of one!.steps.entries()) {
        const ranked = k!.steps[i]!.selection
        if (selection.kind !== 'positions' || ranked.kind !== 'rank') throw new Error('another kind')
        left -= selection.positions[row]!.length
        expect(ranked.remaining[row]).toBe(selection.positions[row]!.length === 0 ? null : left)
      }
      expect(left).toBe(0)
    }
  })
})

test('counts of RDM and of confidence order are exact at round numbers', () => {
  const ten = tokenLayout(new Int32Array(10), { length: 10 })
  const remaining = (sampler: TokenSampler): readonly (number | null)[] =>
    sampler
      .plan(ten, 10, random())
      .steps.map(({ selection }) => (selection.kind === 'rank' ? selection.remaining[0]! : -1))
  expect(remaining(rdm())).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
  expect(remaining(confidence({ rate: time => 1 - time }))).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
  // ceil(10 cos(pi i / 20)); the first two calls would keep nothing, as would the fourth, and are left out.
  expect(remaining(confidence())).toEqual([9, 8, 6, 5, 4, 2, 0])
})
