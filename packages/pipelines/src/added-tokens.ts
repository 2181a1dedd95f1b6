/** A token that matches a piece of a prompt verbatim, with the flags of transformers' `AddedToken`. */
export type AddedToken = {
  readonly content: string
  /** Whether it matches only where it is not part of a longer word. */
  readonly single_word: boolean
  /** Whether it includes the white space before it. */
  readonly lstrip: boolean
  /** Whether it includes the white space after it. */
  readonly rstrip: boolean
  /** Whether the token and the prompt are both normalized before the match: for CLIP, the match then ignores case. */
  readonly normalized: boolean
  readonly special: boolean
}

/** Added tokens by content, with their ids. */
export type AddedVocabulary = ReadonlyMap<string, { readonly id: number; readonly token: AddedToken }>

/** A piece of a prompt: the id of an added token, or the text between two of them. */
export type Piece = number | string

/**
 * Gives tokens their ids as `tokenizers` does: the vocabulary's id where it has the token, otherwise the next free id after the
 * vocabulary, in order. If a token occurs twice, its last flags count.
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
 * Splits prompts at added tokens as `tokenizers` does: first at the tokens that are not normalized, then, in the normalized text
 * between them, at the others. The leftmost match counts, and of several matches there the longest. The library that encodes the
 * text between them, `@huggingface/tokenizers`, is not used for this: it ignores `single_word`, and it matches tokens in text
 * that equals them only after normalization.
 */
export function tokenSplitter(
  added: AddedVocabulary,
  normalize: (text: string) => string,
): (prompt: string) => readonly Piece[] {
  const tokens = [...added.values()]
  const plain = matcher(tokens.filter(({ token }) => !token.normalized))
  const normalized = matcher(
    tokens
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
      // White space that the previous token includes is already used.
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
