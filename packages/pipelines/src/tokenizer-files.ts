import type { Folder } from '@fewstep/runtime'
import type { AddedToken } from './added-tokens.ts'
import { ModelError } from './errors.ts'
import { type Json, readJson, readJsonIfAny, readText } from './folder.ts'

type Side = 'left' | 'right'

/** The contents of a CLIP tokenizer's files. */
export type TokenizerFiles = {
  readonly vocabulary: ReadonlyMap<string, number>
  readonly merges: readonly (readonly [string, string])[]
  readonly special: { readonly start: string; readonly end: string; readonly pad: string; readonly unknown: string }
  /** Added tokens, special ones included, in the order in which tokens outside the vocabulary get their ids. */
  readonly added: readonly AddedToken[]
  /** Whether special tokens in a prompt are treated as text. */
  readonly splitSpecial: boolean
  /** The number of ids of a prompt; `undefined` where the files set no limit. */
  readonly length: number | undefined
  readonly paddingSide: Side
  readonly truncationSide: Side
}

/** The special tokens that every tokenizer has, in transformers' order, with CLIP's defaults. */
const named = {
  bos_token: '<|startoftext|>',
  eos_token: '<|endoftext|>',
  unk_token: '<|endoftext|>',
  sep_token: undefined,
  pad_token: '<|endoftext|>',
  cls_token: undefined,
  mask_token: undefined,
} as const

/**
 * Reads a tokenizer's files with the precedence of transformers 5's `CLIPTokenizer`. Vocabulary and merges come from
 * `tokenizer.json`, or else from `vocab.json` and `merges.txt`. Where `tokenizer_config.json` has `added_tokens_decoder`, that
 * file alone defines special and added tokens. Otherwise `special_tokens_map.json` overrides the special tokens, and added
 * tokens come from `added_tokens.json` and `tokenizer.json`. Any file may be missing, except those with vocabulary and merges.
 *
 * @throws ModelError for files that are missing, unreadable, or of another kind of tokenizer
 */
export async function readTokenizerFiles(folder: Folder, path: string): Promise<TokenizerFiles> {
  const problem = (text: string): ModelError => new ModelError(folder.name, text)
  const config = await readJsonIfAny(folder, `${path}/tokenizer_config.json`)
  const { tokenizer_class: name } = config
  if (typeof name === 'string' && !/^(CLIPTokenizer|PreTrainedTokenizer)(Fast)?$|^TokenizersBackend$/.test(name))
    throw problem(`${path}/tokenizer_config.json names ${name}, expected CLIPTokenizer; others are not supported`)
  const whole = (await folder.has(`${path}/tokenizer.json`))
    ? await readJson(folder, `${path}/tokenizer.json`)
    : undefined
  const { vocabulary, merges } = whole === undefined ? await wordFiles() : wordsOf(whole)
  checkMerges()
  const { settings, decoder } = await tokens()
  const contents = new Map([...decoder.values()].map(token => [token.content, token]))
  const special = specialTokens(settings, contents)
  const extra = extraOf(settings).map(token => addedToken(token, true))
  const names = new Set([...special.values()].map(({ content }) => content))
  const added = [
    ...[...decoder]
      .sort(([a], [b]) => a - b)
      .map(([, token]) => (names.has(token.content) ? { ...token, special: true } : token)),
    ...[...special.values(), ...extra].filter(({ content }) => !contents.has(content)),
  ]
  const content = (key: string): string => special.get(key)!.content
  return {
    vocabulary,
    merges,
    special: {
      start: content('bos_token'),
      end: content('eos_token'),
      pad: content('pad_token'),
      unknown: content('unk_token'),
    },
    added,
    splitSpecial: settings.split_special_tokens === true,
    length: lengthOf(settings.model_max_length ?? settings.max_len),
    paddingSide: side(settings.padding_side ?? (whole?.padding as Json | null | undefined)?.direction),
    truncationSide: side(settings.truncation_side ?? (whole?.truncation as Json | null | undefined)?.direction),
  }

  async function wordFiles(): Promise<Pick<TokenizerFiles, 'vocabulary' | 'merges'>> {
    if (!(await folder.has(`${path}/vocab.json`)))
      throw problem(`${path}/tokenizer.json is missing, and so is vocab.json, which can replace it`)
    const vocab = await readJson(folder, `${path}/vocab.json`)
    const lines = (await readText(folder, `${path}/merges.txt`)).split('\n').map(line => line.trim())
    const pairs = lines.flatMap((line, i) => {
      if (line === '' || line.startsWith('#version')) return []
      return [pairOf(line.split(' '), `${path}/merges.txt, line ${i + 1}`)]
    })
    return { vocabulary: ids(vocab, `${path}/vocab.json`), merges: pairs }
  }

  function wordsOf({ model }: Json): Pick<TokenizerFiles, 'vocabulary' | 'merges'> {
    const { type = 'BPE', vocab, merges } = (model ?? {}) as Json
    if (type !== 'BPE' || !Array.isArray(merges))
      throw problem(`${path}/tokenizer.json has a model of the type ${String(type)}, expected CLIP's, BPE with merges`)
    return {
      vocabulary: ids(vocab, `${path}/tokenizer.json`),
      merges: merges.map((merge: unknown, i) =>
        pairOf(typeof merge === 'string' ? merge.split(' ') : merge, `${path}/tokenizer.json, merge ${i + 1}`),
      ),
    }
  }

  function ids(vocab: unknown, file: string): ReadonlyMap<string, number> {
    const entries = Object.entries((vocab ?? {}) as Json)
    const wrong = entries.find(([, id]) => !Number.isSafeInteger(id) || (id as number) < 0)
    if (wrong !== undefined) throw problem(`${file} has no id for "${wrong[0]}", but ${JSON.stringify(wrong[1])}`)
    if (entries.length === 0) throw problem(`${file} has no vocabulary; download the file again`)
    return new Map(entries as [string, number][])
  }

  function pairOf(parts: unknown, where: string): readonly [string, string] {
    const [first, second] = Array.isArray(parts) && parts.length === 2 ? parts : []
    if (typeof first === 'string' && first !== '' && typeof second === 'string' && second !== '') return [first, second]
    throw problem(`${where}, must be two tokens with a space between them, got ${JSON.stringify(parts)}`)
  }

  function checkMerges(): void {
    const of = whole === undefined ? 'vocab.json and merges.txt' : 'tokenizer.json'
    const missing = merges.flatMap(pair => [...pair, pair.join('')]).find(token => !vocabulary.has(token))
    if (missing !== undefined)
      throw problem(
        `${path}: the merges make "${missing}", which the vocabulary lacks; download ${of} again, from one model`,
      )
  }

  async function tokens(): Promise<{
    readonly settings: Json
    readonly decoder: ReadonlyMap<number, AddedToken>
  }> {
    const additional = config.additional_special_tokens
    const settings =
      additional === undefined || some(config.extra_special_tokens)
        ? config
        : { ...config, extra_special_tokens: additional }
    if (config.added_tokens_decoder !== undefined && config.added_tokens_decoder !== null)
      return {
        settings,
        decoder: new Map(
          Object.entries(config.added_tokens_decoder as Json).map(([id, token]) => [
            Number(id),
            addedToken(token, false),
          ]),
        ),
      }
    const map = await readJsonIfAny(folder, `${path}/special_tokens_map.json`)
    const more = map.extra_special_tokens
    const merged: Json = {
      ...settings,
      ...Object.fromEntries(
        Object.entries(map).map(([key, value]) => [
          key,
          isObject(value) && 'content' in value ? addedToken({ ...value, special: true }, true) : value,
        ]),
      ),
      ...(Array.isArray(more) ? { extra_special_tokens: [...list(settings.extra_special_tokens), ...more] } : {}),
    }
    const specialContents = new Set([
      ...Object.keys(named).map(key => contentOf(merged[key])),
      ...list(merged.extra_special_tokens).map(contentOf),
    ])
    const decoder = new Map<number, AddedToken>()
    for (const [content, id] of Object.entries(await readJsonIfAny(folder, `${path}/added_tokens.json`)))
      decoder.set(Number(id), addedToken({ content, special: specialContents.has(content) }, false))
    for (const token of list(whole?.added_tokens)) decoder.set(Number((token as Json).id), addedToken(token, false))
    return { settings: merged, decoder }
  }

  /** Reads a token that is text or JSON. Missing flags have transformers' defaults. */
  function addedToken(token: unknown, special: boolean): AddedToken {
    const content = contentOf(token)
    if (content === undefined) throw problem(`${path}: a token must be text, got ${JSON.stringify(token)}`)
    const flags: Json = isObject(token) ? token : { special: true }
    const isSpecial = flags.special === undefined ? special : flags.special === true
    return {
      content,
      single_word: flags.single_word === true,
      lstrip: flags.lstrip === true,
      rstrip: flags.rstrip === true,
      normalized: typeof flags.normalized === 'boolean' ? flags.normalized : !isSpecial,
      special: isSpecial,
    }
  }

  /** The named special tokens: first those of every tokenizer, then those of this one. */
  function specialTokens(settings: Json, added: ReadonlyMap<string, AddedToken>): ReadonlyMap<string, AddedToken> {
    const furtherNames = Object.entries(settings).filter(
      ([key, value]) => /_token$/.test(key) && !(key in named) && contentOf(value) !== undefined,
    )
    const extra = settings.extra_special_tokens
    const values = [
      ...Object.entries(named).map(([key, otherwise]) => [key, settings[key] ?? otherwise] as const),
      ...furtherNames,
      ...(isObject(extra) ? Object.entries(extra) : []),
    ]
    return new Map(
      values
        .filter(([, value]) => value !== undefined)
        .map(([key, value]) => [
          key,
          { ...(added.get(contentOf(value) ?? '') ?? addedToken(value, false)), special: true },
        ]),
    )
  }

  function lengthOf(length: unknown): number | undefined {
    // transformers writes 10³⁰ where there is no limit.
    if (length === undefined || length === null || (typeof length === 'number' && length > 1e6)) return undefined
    if (Number.isSafeInteger(length) && (length as number) > 2) return length as number
    throw problem(
      `${path}/tokenizer_config.json: model_max_length must be a whole number from 3 up, got ${String(length)}`,
    )
  }

  function side(value: unknown): Side {
    return typeof value === 'string' && value.toLowerCase() === 'left' ? 'left' : 'right'
  }
}

function extraOf({ extra_special_tokens: extra, additional_special_tokens: additional }: Json): readonly unknown[] {
  return list(extra ?? additional)
}

function some(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : isObject(value) && Object.keys(value).length > 0
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function contentOf(token: unknown): string | undefined {
  const content = isObject(token) ? token.content : token
  return typeof content === 'string' ? content : undefined
}
