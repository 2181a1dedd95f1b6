import {
  absorbing,
  confidence,
  dndmK,
  multinomial,
  rdm,
  type TokenNoise,
  type TokenPlan,
  tokenLayout,
} from '@fewstep/solvers/discrete'
import { torchGenerator } from '@fewstep/tensor'
import { describe, expect, test } from 'vitest'
import { finish } from './toy.ts'

const mask = 3
const noise = absorbing({ mask })
const layout = tokenLayout(new Int32Array(6), { length: 6 })
const start = new Int32Array(6).fill(mask)

/** A ranking plan that leaves these counts. */
const leaving = (remaining: readonly number[], renoise: 'never' | 'lowest' | 'doubtful' = 'lowest'): TokenPlan => ({
  layout,
  steps: remaining.map((count, i) => ({
    time: 1 - i / remaining.length,
    temperature: 0,
    selection: { kind: 'rank', remaining: [count], renoise, fresh: true, scatter: 0 },
  })),
})

/** Logits of 4 tokens: word `i % 3` with the given log-probability, the rest shared by the other words. */
const sure = (scores: readonly number[]): Float64Array =>
  Float64Array.from({ length: 24 }, (_, i) => {
    const score = scores[Math.floor(i / 4)]!
    if (i % 4 === Math.floor(i / 4) % 3) return score
    return i % 4 === mask ? 0 : Math.log(-Math.expm1(score) / 2)
  })

const left = (written: readonly number[]): number => written.filter(flag => flag === 0).length

describe('the count of positions that stay noise is exact', () => {
  test.each([
    ['equal scores', [-0.5, -0.5, -0.5, -0.5, -0.5, -0.5]],
    ['equal pairs', [-0.5, -0.2, -0.5, -0.2, -0.5, -0.2]],
    ['scores near zero, closer than any tolerance', [-1e-14, -2e-14, -3e-14, -4e-14, -5e-14, -6e-14]],
    ['certainty', [0, 0, 0, 0, 0, 0]],
    ['hopeless scores', [-1e-3, -800, -801, -802, -803, -1e-3]],
  ])('%s', async (_, scores) => {
    const on = { noise, random: torchGenerator(0), denoise: () => sure(scores) }
    const { tokens, after } = await finish(leaving([5, 4, 3, 2, 1, 0]), start, on)
    expect(after.map(({ written }) => left(written))).toEqual([5, 4, 3, 2, 1, 0])
    expect(after.map(({ tokens }) => tokens.filter(token => token === mask).length)).toEqual([5, 4, 3, 2, 1, 0])
    expect([...tokens]).not.toContain(mask)
  })

  test('of equal scores the earlier position stays noise', async () => {
    const on = { noise, random: torchGenerator(0), denoise: () => sure([-0.5, -0.5, -0.5, -0.5, -0.5, -0.5]) }
    expect((await finish(leaving([4]), start, on)).tokens).toEqual(Int32Array.of(3, 3, 3, 3, 1, 2))
  })
})

describe('words that fall behind', () => {
  const first = sure([-0.1, -0.2, -0.3, -0.4, -0.5, -0.6])
  const second = sure([-0.9, -0.2, -0.8, -0.1, -0.3, -0.4])
  const denoise = (_: Int32Array, time: number) => (time === 1 ? first : second)
  const on = { noise, random: torchGenerator(0), denoise }

  test('are masked again among the lowest', async () => {
    // After the first call 0, 1, 2 are words; the second call trusts 0 and 2 least.
    const { after } = await finish(leaving([3, 2], 'lowest'), start, on)
    expect(after[0]!.written).toEqual([1, 1, 1, 0, 0, 0])
    expect(after[1]!.written).toEqual([0, 1, 0, 1, 1, 1])
    expect(after[1]!.tokens).toEqual([3, 1, 3, 0, 1, 2])
  })

  test('stay words in confidence order, whatever the model predicts later', async () => {
    const { after } = await finish(leaving([3, 2], 'never'), start, on)
    // Open were 3, 4, 5; the least sure two of them stay masked.
    expect(after[1]!.written).toEqual([1, 1, 1, 1, 0, 0])
  })

  test('stay words in conditional decoding unless the model repeats them with less confidence', async () => {
    const repeated = await finish(leaving([3, 2], 'doubtful'), start, on)
    expect(repeated.after[1]!.written).toEqual([0, 1, 0, 1, 1, 1])
    const other = (_: Int32Array, time: number) => {
      if (time === 1) return first
      const logits = Float64Array.from(second)
      // Position 0 now prefers another word, with as little confidence: no doubt about the old one.
      ;[logits[0], logits[1]] = [logits[1]!, logits[0]!]
      return logits
    }
    const changed = await finish(leaving([3, 2], 'doubtful'), start, { ...on, denoise: other })
    expect(changed.after[1]!.written).toEqual([1, 1, 0, 1, 1, 1])
    expect(changed.after[1]!.tokens[0]).toBe(0)
  })

  test('stay where they are with multinomial noise in DNDM-k, and are drawn anew in RDM', async () => {
    const word = multinomial({ vocabulary: 4, except: [0, 1, 2] })
    const seen = async (fresh: boolean) => {
      const plan = leaving([3, 2])
      const steps = plan.steps.map(step => ({ ...step, selection: { ...step.selection, fresh } })) as TokenPlan['steps']
      return (await finish({ layout, steps }, start, { ...on, noise: word, forbidden: [mask] })).after[1]!
    }
    expect((await seen(false)).tokens).toEqual([0, 1, 2, 0, 1, 2])
    expect((await seen(true)).tokens).toEqual([3, 1, 3, 0, 1, 2])
    expect((await seen(false)).written).toEqual([0, 1, 0, 1, 1, 1])
  })
})

test('DNDM-k and RDM agree where their counts do', async () => {
  // Six steps, six positions, one time each: both leave 5, 4, 3, 2, 1, 0.
  const denoise = (_: Int32Array, time: number) => sure([0, 1, 2, 3, 4, 5].map(i => -0.1 - ((i * 7 + 60 * time) % 5)))
  const on = { noise, random: torchGenerator(0), denoise }
  const one = rdm().plan(layout, 6, torchGenerator(0))
  const k = dndmK().plan(layout, Number.POSITIVE_INFINITY, torchGenerator(0))
  const retimed = { layout, steps: k.steps.map((step, i) => ({ ...step, time: one.steps[i]!.time })) }
  expect((await finish(retimed, start, on)).after).toEqual((await finish(one, start, on)).after)
})

test('Gumbel scatter picks the position that is kept in proportion to its probability', async () => {
  const rows = 4000
  const wide = tokenLayout(new Int32Array(2 * rows), { length: 2 })
  const plan = confidence({ rate: time => (time < 1 ? 1 - time : 0), scatter: 2, temperature: 0 }).plan(
    wide,
    2,
    torchGenerator(0),
  )
  // After the first of two calls the scatter is 2 · 1/2 = 1, so position 0 is kept with p0/(p0 + p1).
  const [p0, p1] = [0.9, 0.6]
  const logits = new Float64Array(2 * rows * 2)
  for (let i = 0; i < 2 * rows; i++) {
    const p = i % 2 === 0 ? p0 : p1
    logits.set([Math.log(p), Math.log(1 - p)], 2 * i)
  }
  const on = { noise: multinomial({ vocabulary: 2 }), random: torchGenerator(9), denoise: () => logits }
  const { after } = await finish(plan, new Int32Array(2 * rows), on)
  const kept = after[0]!.written.filter((flag, i) => i % 2 === 0 && flag === 1).length
  const expected = (rows * p0) / (p0 + p1)
  // Four standard deviations of the binomial law.
  expect(Math.abs(kept - expected)).toBeLessThan(4 * Math.sqrt((expected * p1) / (p0 + p1)))
})

describe('what is wrong is said', () => {
  const on = { noise, random: torchGenerator(0) }
  test.each([
    ['logits of another size', () => new Float32Array(7), /multiple of 6 logits, got 7/],
    ['NaN', () => new Float32Array(24).fill(Number.NaN), /finite logits, got NaN/],
    ['no possible word', () => new Float32Array(24).fill(Number.NEGATIVE_INFINITY), /a possible word, got none/],
  ])('%s', async (_, denoise, message) => {
    await expect(finish(leaving([0]), start, { ...on, denoise })).rejects.toThrow(message)
  })

  test('tokens that do not fill the layout', async () => {
    await expect(finish(leaving([0]), [1, 2], { ...on, denoise: () => [] })).rejects.toThrow(/1 × 6 tokens, got 2/)
    expect(() => tokenLayout([1, 2, 3], { length: 2 })).toThrow(/whole rows of 2 tokens, got 3 tokens/)
    expect(() => tokenLayout([1, Number.NaN], { length: 2 })).toThrow(/whole numbers, got NaN at 1/)
  })

  test('tokens that are no words', async () => {
    const sample = (tokens: readonly number[], noise: TokenNoise) =>
      finish(leaving([0]), tokens, { ...on, noise, denoise: () => new Float32Array(18) })
    const words = multinomial({ vocabulary: 3 })
    await expect(sample([0, 1, 2, 0, 1, 3], words)).rejects.toThrow(/tokens from 0 to 2, got 3; begin with diffuse/)
    await expect(sample([0, 1, 2, 0, 1, -1], words)).rejects.toThrow(/tokens from 0 to 2, got -1/)
    await expect(sample([0, 1, 2, 0, 1, 1.5], words)).rejects.toThrow(/whole numbers, got 1.5 at 5/)
    await expect(sample([0, 1, 2, 0, 1, 2], multinomial({ vocabulary: 4 }))).rejects.toThrow(/logits of 4 words/)
    // A mask may lie beyond the words.
    expect([...(await sample([3, 3, 3, 3, 3, 3], noise)).tokens]).toEqual([0, 0, 0, 0, 0, 0])
  })

  test('noise that is none', () => {
    expect(() => absorbing({ mask: -1 })).toThrow(/absorbing: mask: expected a whole number of at least 0, got -1/)
    expect(() => multinomial({ vocabulary: 2, except: [0, 1] })).toThrow(/some above, got a sum of 0/)
    expect(() => multinomial({ vocabulary: 2, weights: [1] })).toThrow(/2 weights, got 1/)
  })

  test('an abort stops before the next evaluation', async () => {
    const control = new AbortController()
    let calls = 0
    const denoise = () => {
      calls += 1
      control.abort()
      return sure([0, 0, 0, 0, 0, 0])
    }
    await expect(finish(leaving([3, 0]), start, { ...on, denoise, signal: control.signal })).rejects.toThrow(/abort/)
    expect(calls).toBe(1)
  })
})
