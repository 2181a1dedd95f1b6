import {
  ancestralProbabilities,
  cosine,
  d3pm,
  diffuse,
  dndm,
  exact,
  linear,
  type RunTokensOptions,
  type TokenSampler,
  tokenLayout,
  transitionProbabilities,
} from '@fewstep/solvers/discrete'
import { torchGenerator } from '@fewstep/tensor'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chiSquare, countPairs, exactNetwork, finish, joint, noiseLaw, noises, pairs, posterior } from './toy.ts'

const kinds = ['absorbing', 'multinomial'] as const
const alpha = cosine()
const many = 30_000
// Three degrees of freedom: exceeded once in 1000 times; seeds are fixed.
const bound = 16.27

async function sample(kind: (typeof kinds)[number], sampler: TokenSampler, steps: number, seed: number) {
  const layout = tokenLayout(new Int32Array(2 * many), { length: 2 })
  const random = torchGenerator(seed)
  const noise = noises[kind]
  const start = diffuse(new Int32Array(2 * many), layout, { noise, random })
  const plan = sampler.plan(layout, steps, random)
  return (await finish(plan, start, { noise, random, denoise: exactNetwork(kind, alpha) })).tokens
}

describe.each(kinds)('%s noise', kind => {
  const noise = noiseLaw[kind]

  test.each([0, 0.25, 0.9, 1])('the forward process at alpha %d has the marginal alpha·x0 + (1 − alpha)·q', kept => {
    const layout = tokenLayout(new Int32Array(many), { length: many })
    const out = diffuse(new Int32Array(many), layout, { noise: noises[kind], random: torchGenerator(2), alpha: kept })
    const cells = noise.map((q, token) => (token === 0 ? kept : 0) + (1 - kept) * q)
    const observed = cells.map((_, token) => out.filter(value => value === token).length)
    const possible = cells.map((_, token) => token).filter(token => cells[token]! > 0)
    expect(possible.reduce((sum, token) => sum + observed[token]!, 0)).toBe(many)
    expect(
      chiSquare(
        possible.map(i => observed[i]!),
        possible.map(i => cells[i]! * many),
      ),
    ).toBeLessThan(bound)
  })

  test('p(x_s|x_t) is what Bayes gives with the transition matrices', () => {
    const unit = fc.double({ min: 0.01, max: 0.99, noNaN: true })
    fc.assert(
      fc.property(unit, unit, unit, fc.constantFrom(...noise.map((_, token) => token)), (p, u, v, token) => {
        const [from, to] = [Math.min(u, v), Math.max(u, v)]
        const clean = Float64Array.from(noise, (_, word) => (word === 0 ? p : word === 1 ? 1 - p : 0))
        const step = (keep: number, a: number, b: number): number => (a === b ? keep : 0) + (1 - keep) * noise[b]!
        const expected = noise.map((_, k) =>
          clean.reduce((sum, weight, x0) => {
            const evidence = step(from, x0, token)
            if (evidence === 0) return sum
            return sum + (weight * step(to, x0, k) * step(from / to, k, token)) / evidence
          }, 0),
        )
        const total = expected.reduce((sum, value) => sum + value, 0)
        ancestralProbabilities(clean, token, { from, to }, noises[kind]).forEach((value, k) => {
          expect(value).toBeCloseTo(expected[k]! / total, 12)
        })
      }),
      { seed: 7 },
    )
  })

  test('one token with the exact posterior: ancestral sampling returns the law of the data', () => {
    const data = [0.2, 0.8]
    const steps = 12
    let law: readonly number[] = noise
    for (let t = steps; t > 0; t--) {
      const [from, to] = [alpha(t / steps), alpha((t - 1) / steps)]
      const next = noise.map(() => 0)
      for (const [token, mass] of law.entries()) {
        const weights = noise.map((_, x0) => (data[x0] ?? 0) * ((x0 === token ? from : 0) + (1 - from) * noise[token]!))
        const total = weights.reduce((sum, weight) => sum + weight, 0)
        if (total === 0) continue
        const clean = Float64Array.from(weights, weight => weight / total)
        ancestralProbabilities(clean, token, { from, to }, noises[kind]).forEach((p, k) => {
          next[k]! += mass * p
        })
      }
      law = next
    }
    expect(law[0]).toBeCloseTo(0.2, 12)
    expect(law[1]).toBeCloseTo(0.8, 12)
  })

  test('ancestral sampling of pairs has the law that enumeration of all its paths gives', async () => {
    const steps = 3
    let law = new Map<string, number>()
    const tokens = noise.map((_, token) => token)
    for (const a of tokens) for (const b of tokens) law.set(`${a} ${b}`, noise[a]! * noise[b]!)
    for (let t = steps; t > 0; t--) {
      const [from, to] = [alpha(t / steps), alpha((t - 1) / steps)]
      const next = new Map<string, number>()
      for (const [state, mass] of law) {
        if (mass === 0) continue
        const at = state.split(' ').map(Number) as [number, number]
        const clean = posterior(at, from, noise)
        const [p, q] = [0, 1].map(n => {
          const words = Float64Array.from(noise, (_, word) => clean[n]![word] ?? 0)
          return ancestralProbabilities(words, at[n]!, { from, to }, noises[kind])
        })
        for (const a of tokens) {
          for (const b of tokens) next.set(`${a} ${b}`, (next.get(`${a} ${b}`) ?? 0) + mass * p![a]! * q![b]!)
        }
      }
      law = next
    }
    const counts = countPairs(await sample(kind, d3pm({ alpha }), steps, 1))
    expect(
      chiSquare(
        counts,
        pairs.map(([a, b]) => law.get(`${a} ${b}`)! * many),
      ),
    ).toBeLessThan(bound)
  })

  test('DNDM with drawn words has the law that enumeration of times, noise and words gives', async () => {
    const steps = 2
    const times = transitionProbabilities(exact(alpha), steps)
    const law = [0, 0, 0, 0]
    const visit = (at: [number, number], tau: readonly [number, number], t: number, mass: number): void => {
      if (mass === 0) return
      if (t === 0) {
        law[2 * at[0] + at[1]]! += mass
        return
      }
      const words = posterior(at, alpha(t / steps), noise)
      for (const a of tau[0] === t ? [0, 1] : [-1]) {
        for (const b of tau[1] === t ? [0, 1] : [-1]) {
          const p = (a < 0 ? 1 : words[0][a]!) * (b < 0 ? 1 : words[1][b]!)
          visit([a < 0 ? at[0] : a, b < 0 ? at[1] : b], tau, t - 1, mass * p)
        }
      }
    }
    for (const [w, p] of noise.entries())
      for (const [z, q] of noise.entries())
        for (let i = 1; i <= steps; i++)
          for (let j = 1; j <= steps; j++) {
            // The network is called at transition times only.
            const called = [i, j]
            const mass = p * q * times[i - 1]! * times[j - 1]!
            const from = Math.max(...called)
            visit([w, z], [i, j], from, mass)
          }
    const sampler = dndm({ law: exact(alpha), times: 'own', temperature: 1 })
    const counts = countPairs(await sample(kind, sampler, steps, 4))
    expect(
      chiSquare(
        counts,
        law.map(p => p * many),
      ),
    ).toBeLessThan(bound)
  })
})

test('a mask that the model has no logit for is sampled like one that it never predicts', async () => {
  const narrow: RunTokensOptions['denoise'] = (tokens, time, call) => {
    const logits = Array.from(exactNetwork('absorbing', alpha)(tokens, time, call) as Float64Array)
    return logits.filter((_, i) => i % 3 !== 2)
  }
  const layout = tokenLayout(new Int32Array(200), { length: 2 })
  for (const sampler of [d3pm({ alpha }), dndm({ temperature: 1 })]) {
    const [one, two] = await Promise.all(
      [narrow, exactNetwork('absorbing', alpha)].map(denoise => {
        const random = torchGenerator(3)
        const start = diffuse(new Int32Array(200), layout, { noise: noises.absorbing, random })
        return finish(sampler.plan(layout, 5, random), start, { noise: noises.absorbing, random, denoise })
      }),
    )
    expect(one!.after).toEqual(two!.after)
  }
})

test('DNDM with masks and continuous times draws exactly from the data', async () => {
  const sampler = dndm({ law: exact(linear()), times: 'own', temperature: 1 })
  // Every position of a batch has a call of its own, so small batches make few calls.
  const [batches, batch] = [400, 20]
  const layout = tokenLayout(new Int32Array(2 * batch), { length: 2 })
  const random = torchGenerator(8)
  const denoise = exactNetwork('absorbing', linear())
  const counts = [0, 0, 0, 0]
  for (let i = 0; i < batches; i++) {
    const start = diffuse(new Int32Array(2 * batch), layout, { noise: noises.absorbing, random })
    const plan = sampler.plan(layout, Number.POSITIVE_INFINITY, random)
    expect(plan.steps).toHaveLength(2 * batch)
    const { tokens } = await finish(plan, start, { noise: noises.absorbing, random, denoise })
    for (const [pair, count] of countPairs(tokens).entries()) counts[pair]! += count
  }
  expect(
    chiSquare(
      counts,
      pairs.map(([a, b]) => joint[a][b] * batches * batch),
    ),
  ).toBeLessThan(bound)
})
