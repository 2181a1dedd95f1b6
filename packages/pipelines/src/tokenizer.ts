import type { Folder } from '@fewstep/runtime'
import { Tokenizer } from '@huggingface/tokenizers'
import { addTokens, tokenSplitter } from './added-tokens.ts'
import { readJsonIfAny } from './folder.ts'
import { readTokenizerFiles, type TokenizerFiles } from './tokenizer-files.ts'

/** A prompt as input of the text encoder. */
export type Tokens = {
  /** Start token, the prompt, end token, padding: `length` ids. */
  readonly ids: readonly number[]
  /** 1 for each id that is not padding, 0 for the others. */
  readonly mask: readonly number[]
  /** The number of ids that are not padding. */
  readonly used: number
  /** The number of tokens of the complete prompt, without start and end token. More than `length - 2` do not fit. */
  readonly total: number
  /** Whether the prompt did not fit and was cut. */
  readonly cut: boolean
}

/** Turns prompts into ids of a fixed number. */
export type PromptTokenizer = {
  /** The number of ids, including start and end token: 77 in Stable Diffusion, of which 75 are for the prompt itself. */
  readonly length: number
  /** The end at which long prompts are cut. */
  readonly cutSide: 'left' | 'right'
  encode(prompt: string): Tokens
}

/**
 * Opens the CLIP tokenizer of a folder. Its ids are those of transformers 5's
 * `CLIPTokenizer.from_pretrained(…)(prompt, padding='max_length', truncation=True, max_length=length)`, as diffusers'
 * pipelines call it. The length is the tokenizer's `model_max_length`; where that sets no limit, the text encoder's
 * `max_position_embeddings`, or else 77.
 *
 * @throws ModelError where files are missing, unreadable, or of another tokenizer
 * @example (await clipTokenizer(folder)).encode('a red apple').ids
 */
export async function clipTokenizer(folder: Folder, path = 'tokenizer'): Promise<PromptTokenizer> {
  const files = await readTokenizerFiles(folder, path)
  const { vocabulary, special, paddingSide, truncationSide, splitSpecial } = files
  const length = files.length ?? (await positions(folder, path.replace('tokenizer', 'text_encoder'))) ?? 77
  const added = addTokens(files.added, vocabulary)
  const matched = [...added].filter(([, { token }]) => !(splitSpecial && token.special))
  const split = tokenSplitter(new Map(matched), normalize)
  const words = new Tokenizer(wordsOf(files), {})
  const id = (token: string): number => added.get(token)!.id
  const [first, last, padding, unknown] = [id(special.start), id(special.end), id(special.pad), id(special.unknown)]
  return {
    length,
    cutSide: truncationSide,
    encode(prompt) {
      const body = split(prompt).flatMap(piece =>
        typeof piece === 'number'
          ? [piece]
          : words.encode(piece, { add_special_tokens: false }).ids.map((id: number | undefined) => id ?? unknown),
      )
      const room = length - 2
      const kept = truncationSide === 'right' ? body.slice(0, room) : body.slice(Math.max(body.length - room, 0))
      const used = kept.length + 2
      const pad = <T>(values: readonly T[], value: T): readonly T[] => {
        const rest = Array<T>(length - used).fill(value)
        return paddingSide === 'right' ? [...values, ...rest] : [...rest, ...values]
      }
      return {
        ids: pad([first, ...kept, last], padding),
        mask: pad(Array<number>(used).fill(1), 0),
        used,
        total: body.length,
        cut: body.length > room,
      }
    },
  }
}

async function positions(folder: Folder, encoder: string): Promise<number | undefined> {
  const { max_position_embeddings: most } = await readJsonIfAny(folder, `${encoder}/config.json`)
  return Number.isSafeInteger(most) && (most as number) > 2 ? (most as number) : undefined
}

/**
 * Normalizes text as `tokenizers` does for CLIP. The capital sigma is replaced first, since JavaScript lowercases it to ς at the end
 * of a word, and Rust does not.
 */
function normalize(text: string): string {
  return text
    .normalize('NFC')
    .replace(/\p{White_Space}+/gu, ' ')
    .replaceAll('Σ', 'σ')
    .toLowerCase()
}

/** The `tokenizer.json` that turns normalized text into ids as CLIP does. */
function wordsOf({ vocabulary, merges, special }: TokenizerFiles): object {
  const contractions = "'s|'t|'re|'ve|'m|'ll|'d"
  const split = (pattern: string) => ({ type: 'Split', pattern: { Regex: pattern }, behavior: 'Removed', invert: true })
  return {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        split(`<\\|startoftext\\|>|<\\|endoftext\\|>|${contractions}|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+`),
        // Replaces `use_regex` of the next entry, since the library's pattern treats U+FEFF as white space.
        split(`${contractions}| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+`),
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: null,
    model: {
      type: 'BPE',
      unk_token: special.unknown,
      end_of_word_suffix: '</w>',
      vocab: Object.fromEntries(vocabulary),
      merges,
    },
  }
}
