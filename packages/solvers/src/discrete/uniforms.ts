import type { Generator } from '@fewstep/tensor'

/** The part of a random number generator that the token samplers use. */
export type Uniform = Pick<Generator, 'uniform'>

/** Uniform numbers of 48 bits, strictly between 0 and 1: with 24 bits, transition times would coincide too often. */
export function uniforms(random: Uniform, count: number): Float64Array {
  const bits = random.uniform(2 * count)
  return Float64Array.from({ length: count }, (_, i) => bits[2 * i]! + (bits[2 * i + 1]! + 2 ** -25) * 2 ** -24)
}

/** Standard Gumbel noise: the largest of `score + gumbel` is distributed as `softmax(score)`. */
export function gumbels(random: Uniform, count: number): Float64Array {
  return uniforms(random, count).map(u => -Math.log(-Math.log(u)))
}
