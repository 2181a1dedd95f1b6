/** A token that stands for a piece of a prompt as a whole, with the flags of transformers' `AddedToken`. */
export type AddedToken = {
  readonly content: string
  /** Whether it is no part of a longer word. */
  readonly single_word: boolean
  /** Whether it takes the blanks before it. */
  readonly lstrip: boolean
  /** Whether it takes the blanks behind it. */
  readonly rstrip: boolean
  /** Whether it is looked for in the normalized prompt, itself normalized: for CLIP, whatever its case. */
  readonly normalized: boolean
  readonly special: boolean
}

/** Added tokens and their ids. */
export type AddedVocabulary = ReadonlyMap<string, { readonly id: number; readonly token: AddedToken }>

/** A piece of a prompt: the id of an added token, or text between them. */
export type Piece = number | string

/**
 * Gives tokens their ids as `tokenizers` does: that of the vocabulary where it has the token, else the next one behind its
 * size, in order. Of a token that comes twice the last flags count.
 */
export function addTokens(tokens: readonly AddedToken[], vocabulary: ReadonlyMap<string, number>): AddedVocabulary {
  const added = new Map<string, { readonly id: number; readonly token: AddedToken }>()
  let next = vocabulary.size
  for (const token of tokens) {
    if (token.content === '') continue
    const id = added.get(token.content)?.id ?? vocabulary.get(token.content) ?? next++
    added.set(token.content, { id, token })
  }
  return added
}

/**
 * Splits prompts at added tokens as `tokenizers` does: first at those that are not normalized, then, in the normalized text
 * between, at the others; the leftmost match counts, of several there the longest. The library that is used for the rest
 * does not know `single_word`, and takes text for an added token that only becomes one by normalization.
 */
export function tokenSplitter(
  added: AddedVocabulary,
  normalize: (text: string) => string,
): (prompt: string) => readonly Piece[] {
  const all = [...added.values()]
  const plain = matcher(all.filter(({ token }) => !token.normalized))
  const normalized = matcher(
    all
      .filter(({ token }) => token.normalized)
      .map(({ id, token }) => ({ id, token: { ...token, content: normalize(token.content) } })),
  )
  return prompt =>
    plain(prompt).flatMap((piece): readonly Piece[] =>
      typeof piece === 'number' ? [piece] : normalized(normalize(piece)),
    )
}

type Found = { readonly id: number; readonly token: AddedToken }

function matcher(tokens: readonly Found[]): (text: string) => readonly Piece[] {
  if (tokens.length === 0) return text => [text]
  const byContent = new Map(tokens.map(found => [found.token.content, found]))
  const longestFirst = [...byContent.keys()].sort((a, b) => b.length - a.length)
  const pattern = new RegExp(longestFirst.map(escaped).join('|'), 'gu')
  return text => {
    const pieces: Piece[] = []
    let done = 0
    for (const { 0: content, index } of text.matchAll(pattern)) {
      const { id, token } = byContent.get(content)!
      const [before, after] = [text.slice(0, index), text.slice(index + content.length)]
      if (token.single_word && (wordBefore.test(before) || wordAfter.test(after))) continue
      // Blanks that the token before has taken are gone.
      const start = token.lstrip ? Math.max(before.replace(/\p{White_Space}+$/u, '').length, done) : index
      if (start > done) pieces.push(text.slice(done, start))
      pieces.push(id)
      done = text.length - (token.rstrip ? after.replace(/^\p{White_Space}+/u, '') : after).length
    }
    if (done < text.length) pieces.push(text.slice(done))
    return pieces
  }
}

function escaped(content: string): string {
  return content.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}

const word = '[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]'
const wordBefore = new RegExp(`${word}$`, 'u')
const wordAfter = new RegExp(`^${word}`, 'u')
