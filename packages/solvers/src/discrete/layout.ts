import { TokenError } from './errors.ts'
import { noiseTokens, type TokenNoise } from './noise.ts'
import { type Uniform, uniforms } from './uniforms.ts'

/** Which positions of a batch diffuse. The others keep their tokens for the entire run. */
export type TokenLayout = {
  readonly batch: number
  readonly length: number
  /** For each sequence, the positions that diffuse, in ascending order. */
  readonly free: readonly (readonly number[])[]
}

/**
 * The layout of `tokens`, in rows of `length`: special tokens (begin, end, padding) never diffuse.
 *
 * @throws TokenError where the tokens do not fill the rows, or are not whole numbers
 */
export function tokenLayout(
  tokens: ArrayLike<number>,
  options: { readonly length: number; readonly special?: readonly number[] },
): TokenLayout {
  const { length, special = [] } = options
  if (!(Number.isInteger(length) && length >= 1 && tokens.length >= 1 && tokens.length % length === 0)) {
    throw new TokenError(
      'tokenLayout',
      `whole rows of ${length} tokens`,
      `${tokens.length} tokens`,
      'pad the sequences',
    )
  }
  checkWhole('tokenLayout', tokens)
  const batch = tokens.length / length
  const free = Array.from({ length: batch }, (_, row) =>
    Array.from({ length }, (_, position) => position).filter(
      position => !special.includes(tokens[row * length + position]!),
    ),
  )
  return { batch, length, free }
}

/**
 * The forward process: each position that diffuses keeps its token with probability `alpha`, otherwise it becomes noise,
 * `q(x_t|x_0) = α·x_0 + (1 − α)·q_noise`. With `alpha` 0, the default, this is where sampling begins.
 *
 * @throws TokenError
 */
export function diffuse(
  tokens: ArrayLike<number>,
  layout: TokenLayout,
  options: { readonly noise: TokenNoise; readonly random: Uniform; readonly alpha?: number },
): Int32Array {
  const { noise, random, alpha = 0 } = options
  checkTokens('diffuse', tokens, layout)
  if (!(alpha >= 0 && alpha <= 1))
    throw new TokenError('diffuse', 'alpha from 0 to 1', `${alpha}`, 'give a probability')
  const out = Int32Array.from(tokens)
  const draw = noiseTokens(noise)
  for (const [row, positions] of layout.free.entries()) {
    const noisy = draw(random, positions.length)
    const kept = uniforms(random, positions.length)
    for (const [i, position] of positions.entries()) {
      if (kept[i]! >= alpha) out[row * layout.length + position] = noisy[i]!
    }
  }
  return out
}

/** @throws TokenError where the tokens do not fill the layout, or are not whole numbers */
export function checkTokens(subject: string, tokens: ArrayLike<number>, { batch, length }: TokenLayout): void {
  if (tokens.length !== batch * length)
    throw new TokenError(subject, `${batch} × ${length} tokens`, `${tokens.length}`, 'pass the layout of these tokens')
  checkWhole(subject, tokens)
}

function checkWhole(subject: string, tokens: ArrayLike<number>): void {
  for (let i = 0; i < tokens.length; i++)
    if (!Number.isInteger(tokens[i]))
      throw new TokenError(subject, 'whole numbers', `${tokens[i]} at ${i}`, 'pass the ids of a tokenizer')
}
