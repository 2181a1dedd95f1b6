import { TokenError } from './errors.ts'

/** One position's logits: `vocabulary` numbers from `offset` on. */
export type Row = {
  readonly logits: ArrayLike<number>
  readonly offset: number
  readonly vocabulary: number
  readonly forbidden: ReadonlySet<number>
}

/** The most likely word (the first of several), or one drawn at a temperature, with its log-probability at temperature 1. */
export function decode(row: Row, temperature: number, u: number): { readonly token: number; readonly score: number } {
  const { logits, offset } = row
  const { top, best } = highest(row)
  const token = temperature === 0 ? best : drawWord(row, temperature, top, u)
  let sum = 0
  each(row, logit => (sum += Math.exp(logit - top)))
  return { token, score: logits[offset + token]! - top - Math.log(sum) }
}

/** `softmax(logits/temperature)`, at temperature 0 all on the most likely word; for at least `words` words. */
export function probabilities(row: Row, temperature: number, words: number): Float64Array {
  const { top, best } = highest(row)
  const out = new Float64Array(Math.max(row.vocabulary, words))
  if (temperature === 0) {
    out[best] = 1
    return out
  }
  let sum = 0
  each(row, (logit, token) => {
    out[token] = Math.exp((logit - top) / temperature)
    sum += out[token]!
  })
  return out.map(value => value / sum)
}

/** The index that a uniform number chooses, in proportion to the weights. */
export function pick(weights: Float64Array, u: number): number {
  const target = u * weights.reduce((sum, weight) => sum + weight, 0)
  let sum = 0
  let last = 0
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue
    last = i
    sum += weights[i]!
    if (sum > target) return i
  }
  return last
}

function drawWord(row: Row, temperature: number, top: number, u: number): number {
  const weights = new Float64Array(row.vocabulary)
  each(row, (logit, token) => {
    weights[token] = Math.exp((logit - top) / temperature)
  })
  return pick(weights, u)
}

function highest(row: Row): { readonly top: number; readonly best: number } {
  let top = Number.NEGATIVE_INFINITY
  let best = -1
  each(row, (logit, token) => {
    if (Number.isNaN(logit) || logit === Number.POSITIVE_INFINITY) {
      throw new TokenError('denoise', 'finite logits', `${logit} for token ${token}`, 'check the model for an overflow')
    }
    if (logit > top) [top, best] = [logit, token]
  })
  if (best === -1) throw new TokenError('denoise', 'a possible word', 'none', 'allow at least one token')
  return { top, best }
}

function each({ logits, offset, vocabulary, forbidden }: Row, visit: (logit: number, token: number) => void): void {
  for (let token = 0; token < vocabulary; token++) if (!forbidden.has(token)) visit(logits[offset + token]!, token)
}
