import {
  type Alpha,
  beta,
  cosine,
  cosineSquared,
  dndm,
  exact,
  expectedCalls,
  linear,
  tokenLayout,
  transitionProbabilities,
} from '@fewstep/solvers/discrete'
import { torchGenerator } from '@fewstep/tensor'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chiSquare } from './toy.ts'

const alphas: readonly (readonly [string, Alpha])[] = [
  ['linear', linear()],
  ['cosine', cosine()],
  ['cosine squared', cosineSquared()],
  ['cosine squared, 0.008', cosineSquared({ offset: 0.008 })],
  ['a cubic', time => 1 - time ** 3],
]

describe.each(alphas)('%s', (_, alpha) => {
  test('tokens are left with the probability that the Markov process leaves them', () => {
    // The Markov process keeps a token at step t with probability beta_t = alpha_t / alpha_{t-1}.
    const steps = 40
    const law = transitionProbabilities(exact(alpha), steps)
    let kept = 1
    for (let t = 1; t < steps; t++) {
      kept *= alpha(t / steps) / alpha((t - 1) / steps)
      const later = law.slice(t).reduce((sum, p) => sum + p, 0)
      expect(later).toBeCloseTo(kept, 12)
    }
    expect(law.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12)
  })

  test('quantile inverts the distribution function', () => {
    const law = exact(alpha)
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true }), u => {
        expect(law.cdf(law.quantile(u))).toBeCloseTo(u, 12)
      }),
      { seed: 7 },
    )
  })
})

// Computed from the formula with numpy, and printed in the survey of solvers.
test.each([
  ['linear', linear(), 16.6196],
  ['cosine', cosine(), 15.9813],
  ['cosine squared', cosineSquared(), 15.9823],
])('E|T| of %s at 50 steps and 20 positions', (_, alpha, expected) => {
  expect(expectedCalls(exact(alpha), 50, 20)).toBeCloseTo(expected, 4)
})

test('E|T| by enumeration of all transition times', () => {
  const [steps, positions] = [4, 3]
  const p = transitionProbabilities(exact(cosine()), steps)
  let mean = 0
  for (let code = 0; code < steps ** positions; code++) {
    const times = Array.from({ length: positions }, (_, n) => Math.floor(code / steps ** n) % steps)
    mean += new Set(times).size * times.reduce((product, t) => product * p[t]!, 1)
  }
  expect(expectedCalls(exact(cosine()), steps, positions)).toBeCloseTo(mean, 12)
  expect(expectedCalls(exact(cosine()), Number.POSITIVE_INFINITY, positions)).toBe(positions)
})

test.each([
  ['exact, cosine', exact(cosine())],
  ['Beta(17, 5)', beta({ a: 17, b: 5 })],
  ['Beta(0.5, 0.5), infinite density at both ends', beta({ a: 0.5, b: 0.5 })],
])('drawn times follow the law: %s', (_, law) => {
  const [steps, count] = [10, 20_000]
  const layout = tokenLayout(new Int32Array(count), { length: count })
  const plan = dndm({ law }).plan(layout, steps, torchGenerator(3))
  const observed = new Array<number>(steps).fill(0)
  for (const { time, selection } of plan.steps) {
    if (selection.kind === 'positions') observed[Math.round(time * steps) - 1]! += selection.positions[0]!.length
  }
  const expected = transitionProbabilities(law, steps).map(p => p * count)
  const cells = expected.map((_, i) => i).filter(i => expected[i]! >= 5)
  // 9 degrees of freedom at most: 27.9 is exceeded once in 1000 times; the seed is fixed.
  expect(
    chiSquare(
      cells.map(i => observed[i]!),
      cells.map(i => expected[i]!),
    ),
  ).toBeLessThan(27.9)
})

test.each<readonly [string, Alpha]>([
  ['does not begin at 1', time => 0.9 - 0.9 * time],
  ['does not end at 0', time => 1 - time / 2],
  ['rises', time => (time < 0.5 ? 1 - 2 * time : time < 0.7 ? time - 0.5 : time < 1 ? 0.1 : 0)],
  ['is none', () => Number.NaN],
])('an alpha that %s is refused', (_, alpha) => {
  expect(() => exact(alpha)).toThrow(/exact: expected .*; give a function that falls/)
})
