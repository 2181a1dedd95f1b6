import { ancestralProbabilities } from './d3pm.ts'
import { decode, pick, probabilities, type Row } from './decode.ts'
import { TokenError } from './errors.ts'
import { checkTokens, type TokenLayout } from './layout.ts'
import { noiseTokens, type TokenNoise } from './noise.ts'
import type { Selection, TokenPlan, TokenStep } from './plan.ts'
import { lowest } from './rank.ts'
import { gumbels, type Uniform, uniforms } from './uniforms.ts'

/** The place of a model evaluation in the run. */
export type TokenCall = {
  readonly evaluation: number
  readonly evaluations: number
  /** The sequences whose logits are used; those of the others may be anything. */
  readonly sequences: readonly number[]
  readonly signal?: AbortSignal
}

/**
 * The model: tokens `[batch, length]` at a time in (0, 1] → logits `[batch, length, vocabulary]`, row-major. The tokens are
 * valid during the call only. −Infinity is a valid logit.
 */
export type DenoiseTokens = (
  tokens: Int32Array,
  time: number,
  call: TokenCall,
) => ArrayLike<number> | Promise<ArrayLike<number>>

/** The state after an evaluation. The arrays are valid until the generator moves on. */
export type TokenEvent = {
  readonly step: number
  readonly steps: number
  readonly time: number
  readonly tokens: Int32Array
  /** 1 where a position holds a word, 0 where it is noise. */
  readonly written: Uint8Array
}

export type RunTokensOptions = {
  readonly denoise: DenoiseTokens
  readonly noise: TokenNoise
  readonly random: Uniform
  /** Words that are never written, besides the mask of absorbing noise. */
  readonly forbidden?: readonly number[]
  readonly signal?: AbortSignal | undefined
}

type Board = { readonly tokens: Int32Array; readonly written: Uint8Array; readonly scores: Float64Array }

/**
 * Executes any plan over tokens: yields one event for each model evaluation and returns the final tokens.
 *
 * @param tokens where sampling begins: noise at the positions that diffuse (see `diffuse`); it is not changed
 * @throws TokenError, and the signal's reason when it aborts
 */
export async function* runTokens(
  plan: TokenPlan,
  tokens: ArrayLike<number>,
  on: RunTokensOptions,
): AsyncGenerator<TokenEvent, Int32Array> {
  const { layout, steps } = plan
  const { denoise, noise, random, signal } = on
  checkTokens('runTokens', tokens, layout)
  const size = layout.batch * layout.length
  const board = {
    tokens: Int32Array.from(tokens),
    written: new Uint8Array(size),
    scores: new Float64Array(size).fill(Number.NEGATIVE_INFINITY),
  }
  const forbidden = new Set(on.forbidden ?? [])
  if (noise.kind === 'absorbing') forbidden.add(noise.mask)
  const draw = noiseTokens(noise)
  for (const [number, step] of steps.entries()) {
    signal?.throwIfAborted()
    const sequences = layout.free.flatMap((free, row) => (takesPart(step.selection, row, free) ? [row] : []))
    const logits = await denoise(board.tokens, step.time, {
      evaluation: number,
      evaluations: steps.length,
      sequences,
      ...(signal === undefined ? {} : { signal }),
    })
    const vocabulary = logits.length / size
    if (!(Number.isInteger(vocabulary) && vocabulary >= 1)) {
      throw new TokenError(
        'denoise',
        `a multiple of ${size} logits`,
        `${logits.length}`,
        'return all positions, specials too',
      )
    }
    if (number === 0) checkVocabulary(board.tokens, layout, noise, vocabulary)
    for (const row of sequences) {
      const free = layout.free[row]!.map(position => row * layout.length + position)
      const logitsAt = (index: number): Row => ({ logits, offset: index * vocabulary, vocabulary, forbidden })
      if (step.selection.kind === 'ancestral') ancestral(board, free, step, step.selection, logitsAt, noise, random)
      else if (step.selection.kind === 'rank') {
        const again = step.selection.fresh || noise.kind === 'absorbing' ? draw : undefined
        rank(board, free, row, step, step.selection, logitsAt, again, random)
      } else {
        const picked = step.selection.positions[row]!.map(position => row * layout.length + position)
        for (const word of words(picked, step, logitsAt, random)) write(board, word)
      }
    }
    yield { step: number, steps: steps.length, time: step.time, tokens: board.tokens, written: board.written }
  }
  return board.tokens
}

/** @throws TokenError where the model has no logit for a word of the noise, or for a token that sampling begins with */
function checkVocabulary(tokens: Int32Array, layout: TokenLayout, noise: TokenNoise, vocabulary: number): void {
  const words = noise.kind === 'absorbing' ? vocabulary : noise.probabilities.length
  if (words > vocabulary)
    throw new TokenError('denoise', `logits of ${words} words, as the noise has`, `${vocabulary}`, 'give the same size')
  for (const [row, free] of layout.free.entries()) {
    for (const position of free) {
      const token = tokens[row * layout.length + position]!
      if ((token >= 0 && token < vocabulary) || (noise.kind === 'absorbing' && token === noise.mask)) continue
      throw new TokenError('runTokens', `tokens from 0 to ${vocabulary - 1}`, `${token}`, 'begin with diffuse(…)')
    }
  }
}

function takesPart(selection: Selection, row: number, free: readonly number[]): boolean {
  if (selection.kind === 'positions') return selection.positions[row]!.length > 0
  return free.length > 0 && (selection.kind === 'ancestral' || selection.remaining[row] !== null)
}

type Word = { readonly index: number; readonly token: number; readonly score: number }

function words(
  indices: readonly number[],
  { temperature }: TokenStep,
  logitsAt: (index: number) => Row,
  random: Uniform,
): readonly Word[] {
  const draws = temperature === 0 ? undefined : uniforms(random, indices.length)
  return indices.map((index, i) => ({ index, ...decode(logitsAt(index), temperature, draws?.[i] ?? 0) }))
}

function write({ tokens, written, scores }: Board, { index, token, score }: Word): void {
  tokens[index] = token
  written[index] = 1
  scores[index] = score
}

function rank(
  board: Board,
  free: readonly number[],
  row: number,
  step: TokenStep,
  selection: Selection & { readonly kind: 'rank' },
  logitsAt: (index: number) => Row,
  draw: ReturnType<typeof noiseTokens> | undefined,
  random: Uniform,
): void {
  const { remaining, renoise, scatter } = selection
  const open = renoise === 'never' ? free.filter(index => board.written[index] === 0) : free
  const found = words(open, step, logitsAt, random)
  const jitter = scatter === 0 ? undefined : gumbels(random, open.length)
  const ranked = found.map(({ score }, i) => score + scatter * (jitter?.[i] ?? 0))
  const low = lowest(ranked, remaining[row]!)
  const dropped: number[] = []
  for (const [i, word] of found.entries()) {
    const was = board.written[word.index] === 1
    if (!low.has(i)) {
      if (!was) write(board, word)
    } else if (was && (renoise === 'lowest' || inDoubt(board, word))) dropped.push(word.index)
    else if (!was) dropped.push(word.index)
  }
  const noisy = draw?.(random, dropped.length)
  for (const [i, index] of dropped.entries()) {
    board.written[index] = 0
    board.scores[index] = Number.NEGATIVE_INFINITY
    board.tokens[index] = noisy?.[i] ?? board.tokens[index]!
  }
}

/** Whether it is the same word as before, with less confidence. */
function inDoubt({ tokens, scores }: Board, { index, token, score }: Word): boolean {
  return tokens[index] === token && score < scores[index]!
}

function ancestral(
  { tokens, written }: Board,
  free: readonly number[],
  { temperature }: TokenStep,
  { from, to }: { readonly from: number; readonly to: number },
  logitsAt: (index: number) => Row,
  noise: TokenNoise,
  random: Uniform,
): void {
  const draws = uniforms(random, free.length)
  for (const [i, index] of free.entries()) {
    const clean = probabilities(logitsAt(index), temperature, noise.kind === 'absorbing' ? noise.mask + 1 : 0)
    tokens[index] = pick(ancestralProbabilities(clean, tokens[index]!, { from, to }, noise), draws[i]!)
    written[index] = noise.kind === 'absorbing' ? Number(tokens[index] !== noise.mask) : Number(to === 1)
  }
}
