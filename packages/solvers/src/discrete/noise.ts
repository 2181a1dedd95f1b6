import { checkToken, TokenError } from './errors.ts'
import { type Uniform, uniforms } from './uniforms.ts'

/** The noise of tokens: always the mask, or a token drawn by its probability. */
export type TokenNoise =
  | { readonly kind: 'absorbing'; readonly mask: number }
  | { readonly kind: 'multinomial'; readonly probabilities: readonly number[] }

/** Absorbing noise: every noisy token is `mask`, which is never predicted (arXiv:2107.03006). */
export function absorbing(options: { readonly mask: number }): TokenNoise {
  const { mask } = options
  checkToken('absorbing: mask', mask, { whole: true, minimum: 0 }, "pass the id of the tokenizer's mask token")
  return { kind: 'absorbing', mask }
}

/**
 * Multinomial noise over a vocabulary (arXiv:2102.05379): all tokens except `except` with equal probability, or in
 * proportion to `weights` (a unigram distribution).
 *
 * @throws TokenError
 */
export function multinomial(options: {
  readonly vocabulary: number
  readonly except?: readonly number[]
  readonly weights?: readonly number[]
}): TokenNoise {
  const { vocabulary, except = [], weights } = options
  checkToken('multinomial: vocabulary', vocabulary, { whole: true, minimum: 1 }, 'give its size')
  if (weights !== undefined && weights.length !== vocabulary) {
    throw new TokenError('multinomial', `${vocabulary} weights`, `${weights.length}`, 'give one for each token')
  }
  const left = Array.from({ length: vocabulary }, (_, token) => (except.includes(token) ? 0 : (weights?.[token] ?? 1)))
  const total = left.reduce((sum, weight) => sum + weight, 0)
  if (!(left.every(weight => weight >= 0) && total > 0 && Number.isFinite(total))) {
    throw new TokenError('multinomial', 'weights of at least 0, some above', `a sum of ${total}`, 'leave some token')
  }
  return { kind: 'multinomial', probabilities: left.map(weight => weight / total) }
}

/** The probability of this token in the noise. */
export function noiseProbability(noise: TokenNoise, token: number): number {
  if (noise.kind === 'absorbing') return token === noise.mask ? 1 : 0
  return noise.probabilities[token] ?? 0
}

/** A generator of noise tokens. */
export function noiseTokens(noise: TokenNoise): (random: Uniform, count: number) => Int32Array {
  if (noise.kind === 'absorbing') return (_, count) => new Int32Array(count).fill(noise.mask)
  let sum = 0
  const cumulative = Float64Array.from(noise.probabilities, probability => (sum += probability))
  return (random, count) => Int32Array.from(uniforms(random, count), u => firstAbove(cumulative, u * sum))
}

/** The first index whose cumulative weight lies above `target`; weights of 0 are never hit. */
function firstAbove(cumulative: Float64Array, target: number): number {
  let low = 0
  let high = cumulative.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (cumulative[middle]! > target) high = middle
    else low = middle + 1
  }
  return low
}
