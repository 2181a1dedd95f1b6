import type { Folder } from '@fewstep/runtime'
import { Tokenizer } from '@huggingface/tokenizers'
import { ModelError } from './errors.ts'
import { type Json, readJson } from './folder.ts'

/** A prompt as the text encoder wants it. */
export type Tokens = {
  /** Start token, the prompt, end token, padding: `length` ids. */
  readonly ids: readonly number[]
  /** How many of them are not padding. */
  readonly used: number
  /** Whether the prompt was longer than that and lost its end. */
  readonly cut: boolean
}

export type PromptTokenizer = { readonly length: number; encode(prompt: string): Tokens }

const text = (token: unknown): string | undefined =>
  typeof token === 'string' ? token : ((token as { readonly content?: string } | undefined)?.content ?? undefined)

/**
 * The CLIP tokenizer of a folder, from `tokenizer.json` or from `vocab.json` and `merges.txt`, padding and truncating as
 * transformers' `CLIPTokenizer` does with `padding='max_length', truncation=True`.
 *
 * @throws ModelError where the files are missing or unreadable
 */
export async function clipTokenizer(folder: Folder, path = 'tokenizer'): Promise<PromptTokenizer> {
  const config = await readJson(folder, `${path}/tokenizer_config.json`)
  const length =
    typeof config.model_max_length === 'number' && config.model_max_length < 1e6 ? config.model_max_length : 77
  const start = text(config.bos_token) ?? '<|startoftext|>'
  const end = text(config.eos_token) ?? '<|endoftext|>'
  const pad = text(config.pad_token) ?? end
  const spec: Json = (await folder.has(`${path}/tokenizer.json`))
    ? await readJson(folder, `${path}/tokenizer.json`)
    : await fromVocabulary(folder, path, [start, end])
  const vocabulary = (spec.model as { readonly vocab: Readonly<Record<string, number>> }).vocab
  const id = (token: string): number => {
    const found = vocabulary[token]
    if (found === undefined) throw new ModelError(folder.name, `${path}: the vocabulary lacks ${token}`)
    return found
  }
  const [first, last, padding] = [id(start), id(end), id(pad)]
  const tokenizer = new Tokenizer(spec as object, config as object)
  return {
    length,
    encode(prompt) {
      const body = [...tokenizer.encode(prompt, { add_special_tokens: false }).ids]
      const kept = body.slice(0, length - 2)
      const ids = [first, ...kept, last]
      const used = ids.length
      while (ids.length < length) ids.push(padding)
      return { ids, used, cut: body.length > kept.length }
    },
  }
}

/** The `tokenizer.json` that transformers builds for CLIP's vocabulary. */
async function fromVocabulary(folder: Folder, path: string, special: readonly string[]): Promise<Json> {
  const vocab = (await readJson(folder, `${path}/vocab.json`)) as Readonly<Record<string, number>>
  const lines = new TextDecoder().decode(await folder.read(`${path}/merges.txt`)).split('\n')
  const merges = lines.filter(line => line !== '' && !line.startsWith('#version')).map(line => line.split(' '))
  const pattern = "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"
  return {
    version: '1.0',
    added_tokens: special.map(content => ({
      id: vocab[content],
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: true,
      special: true,
    })),
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: pattern }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: special[1],
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      fuse_unk: false,
      byte_fallback: false,
      vocab,
      merges,
    },
  }
}
