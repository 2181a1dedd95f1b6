import type { PromptTokenizer } from '@fewstep/pipelines'

/** CLIP's vocabularies begin with the 256 bytes, those of ASCII first, then the same at the end of a word. */
const [bytes, ascii] = [256, 94]

/**
 * The words of a prompt that a model has never seen, as far as its tokenizer shows: those with letters or signs that it
 * takes apart into bytes, such as emoji and other scripts, and those of which nothing but single letters are left.
 */
export function unknownWords({ encode }: Pick<PromptTokenizer, 'encode'>, prompt: string): readonly string[] {
  return [...new Set(wordsOf(prompt).filter(word => isUnknown(encode, word)))]
}

function isUnknown(encode: PromptTokenizer['encode'], word: string): boolean {
  const { ids, used } = encode(word)
  // Without the start token and the end token.
  const pieces = ids.slice(1, used - 1).filter(id => id < 2 * bytes)
  const letters = pieces.length === used - 2 && pieces.length > 1 && /^[a-z]+$/i.test(word)
  return letters || pieces.some(id => id % bytes >= ascii)
}

function wordsOf(prompt: string): readonly string[] {
  return prompt.match(/[\p{L}\p{M}]+|\p{N}|[^\s\p{L}\p{M}\p{N}]+/gu) ?? []
}

/** A warning for a person, where a prompt has words that the model does not know. */
export function unknownWarning(tokenizer: Pick<PromptTokenizer, 'encode'>, prompt: string): string | undefined {
  const unknown = unknownWords(tokenizer, prompt)
  if (unknown.length === 0) return undefined
  const list = unknown.slice(0, 5).map(word => `“${word}”`)
  const rest = unknown.length > 5 ? ' and other words' : ''
  const all = wordsOf(prompt).every(word => unknown.includes(word))
  const outcome = all ? 'so the image will be random' : 'and ignores or misreads them'
  return `The model does not know ${list.join(', ')}${rest}, ${outcome}. It knows plain English names, such as “red apple”.`
}
