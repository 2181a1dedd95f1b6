import { type RunTokensOptions, runTokens, type TokenNoise, type TokenPlan } from '@fewstep/solvers/discrete'

/** A law over pairs of two words: strongly correlated, unequal. */
export const joint = [
  [0.5, 0.1],
  [0.05, 0.35],
] as const
export const pairs = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
] as const
export const noiseLaw = { absorbing: [0, 0, 1], multinomial: [0.3, 0.7] } as const
export const noises: Readonly<Record<'absorbing' | 'multinomial', TokenNoise>> = {
  absorbing: { kind: 'absorbing', mask: 2 },
  multinomial: { kind: 'multinomial', probabilities: noiseLaw.multinomial },
}

/** The exact `p(x0_n = word | x_t)` of both positions, by Bayes' rule over all pairs. */
export function posterior(
  tokens: readonly [number, number],
  alpha: number,
  noise: readonly number[],
): readonly [readonly number[], readonly number[]] {
  const seen = (clean: number, token: number): number => (clean === token ? alpha : 0) + (1 - alpha) * noise[token]!
  const weights = pairs.map(([a, b]) => joint[a][b] * seen(a, tokens[0]) * seen(b, tokens[1]))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const of = (position: 0 | 1): readonly number[] =>
    [0, 1].map(word => pairs.reduce((sum, pair, i) => sum + (pair[position] === word ? weights[i]! / total : 0), 0))
  return [of(0), of(1)]
}

/** A network that knows the toy exactly. */
export function exactNetwork(
  kind: 'absorbing' | 'multinomial',
  alpha: (time: number) => number,
): RunTokensOptions['denoise'] {
  const vocabulary = noiseLaw[kind].length
  return (tokens, time, { sequences }) => {
    const logits = new Float64Array(tokens.length * vocabulary)
    // There are few pairs of tokens, and many sequences.
    const answers = new Map<number, Float64Array>()
    const answer = (a: number, b: number): Float64Array => {
      const known = answers.get(a * vocabulary + b)
      if (known !== undefined) return known
      const made = new Float64Array(2 * vocabulary).fill(Number.NEGATIVE_INFINITY)
      for (const [n, words] of posterior([a, b], alpha(time), noiseLaw[kind]).entries())
        for (const [word, p] of words.entries()) made[n * vocabulary + word] = Math.log(p)
      answers.set(a * vocabulary + b, made)
      return made
    }
    for (const row of sequences) logits.set(answer(tokens[2 * row]!, tokens[2 * row + 1]!), 2 * row * vocabulary)
    return logits
  }
}

/** How often each pair comes out. */
export function countPairs(tokens: Int32Array): readonly number[] {
  const counts = [0, 0, 0, 0]
  for (let row = 0; row < tokens.length; row += 2) counts[2 * tokens[row]! + tokens[row + 1]!]! += 1
  return counts
}

export function chiSquare(observed: readonly number[], expected: readonly number[]): number {
  return observed.reduce((sum, count, i) => sum + (count - expected[i]!) ** 2 / expected[i]!, 0)
}

/** Runs a plan to its end; what each call was told and left. */
export async function finish(plan: TokenPlan, tokens: ArrayLike<number>, on: RunTokensOptions) {
  const after: { readonly tokens: readonly number[]; readonly written: readonly number[] }[] = []
  const times: number[] = []
  const run = runTokens(plan, tokens, on)
  for (;;) {
    const { value, done } = await run.next()
    if (done) return { tokens: value, after, times }
    after.push({ tokens: [...value.tokens], written: [...value.written] })
    times.push(value.time)
  }
}
