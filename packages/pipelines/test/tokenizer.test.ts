import { readFileSync } from 'node:fs'
import { model } from '@fewstep/model-emoji'
import { clipTokenizer } from '@fewstep/pipelines'
import { decodeText, type Folder } from '@fewstep/runtime'
import { describe, expect, test } from 'vitest'
import { reference } from './support/reference.ts'

type Content = string | { readonly over?: object; readonly merges?: 'text' } | null
type Case = {
  readonly name: string
  readonly files: Readonly<Record<string, Content>>
  readonly length: number
  readonly pad: number
  readonly ids: readonly (readonly number[])[]
}
const { prompts, folders } = JSON.parse(reference('clip-folders.json').toString()) as {
  readonly prompts: readonly string[]
  readonly folders: readonly Case[]
}

const own = (file: string): string => readFileSync(new URL(`tokenizer/${file}`, model), 'utf8')
const names = [
  'vocab.json',
  'merges.txt',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
]

/** The files of a case, each as text. */
function textsOf(files: Case['files']): Readonly<Record<string, string>> {
  const texts = names.flatMap(name => {
    const content = files[name]
    if (content === null || (content === undefined && name === 'added_tokens.json')) return []
    if (content === undefined) return [[name, own(name)]]
    if (typeof content === 'string') return [[name, content]]
    if (name !== 'tokenizer.json') return [[name, JSON.stringify(content, undefined, 2)]]
    const whole = JSON.parse(own(name))
    if (content.merges === 'text') whole.model.merges = whole.model.merges.map((pair: string[]) => pair.join(' '))
    return [[name, JSON.stringify({ ...whole, ...content.over })]]
  })
  return Object.fromEntries(texts)
}

function folderOf(files: Readonly<Record<string, string | Uint8Array>>): Folder {
  const find = (path: string) => files[path.replace(/^tokenizer\//, '')]
  return {
    name: 'folder',
    has: path => find(path) !== undefined,
    read: async path => {
      const content = find(path)!
      return typeof content === 'string' ? new TextEncoder().encode(content) : content
    },
    model: () => {
      throw new Error('there are no graphs')
    },
  }
}

async function expectIds(folder: Folder, { length, pad, ids }: Case): Promise<void> {
  const tokenizer = await clipTokenizer(folder)
  expect(tokenizer.length).toBe(length)
  const made = prompts.map(prompt => [prompt, tokenizer.encode(prompt).ids])
  expect(made).toEqual(prompts.map((prompt, i) => [prompt, [...ids[i]!, ...Array(length - ids[i]!.length).fill(pad)]]))
}

describe("ids are those of transformers' CLIPTokenizer", () => {
  test.each(folders)('$name', async each => {
    await expectIds(folderOf(textsOf(each.files)), each)
  })
})

const text = (content: string): Uint8Array => new TextEncoder().encode(content)
const mark = Uint8Array.of(0xef, 0xbb, 0xbf)
const changes: Readonly<Record<string, (content: string) => Uint8Array>> = {
  'Windows line ends': content => text(content.replaceAll('\n', '\r\n')),
  'old Macintosh line ends': content => text(content.replaceAll('\n', '\r')),
  'a byte order mark': content => Buffer.concat([mark, text(content)]),
  'no last line break': content => text(content.trimEnd()),
  'blank lines at the end': content => text(`${content}\n\n \n`),
  'all of Windows': content => Buffer.concat([mark, text(`${content.replaceAll('\n', '\r\n')}\r\n`)]),
}
describe('files that another system wrote give the same ids', () => {
  const cases = folders.filter(({ name }) =>
    ['Stable Diffusion 2.1', 'added_tokens.json', 'tokenizer.json alone'].includes(name),
  )
  test.each(Object.keys(changes))('%s', async change => {
    expect(cases.length).toBe(3)
    for (const each of cases) {
      const files = Object.entries(textsOf(each.files)).map(([name, content]) => [name, changes[change]!(content)])
      await expectIds(folderOf(Object.fromEntries(files)), each)
    }
  })
  test('blanks behind the lines of merges.txt', async () => {
    const [each] = cases
    const files = textsOf(each!.files)
    await expectIds(folderOf({ ...files, 'merges.txt': files['merges.txt']!.replaceAll('\n', ' \t\n') }), each!)
  })
})

describe('files that are no tokenizer are named', () => {
  const files = textsOf({ 'tokenizer.json': null })
  const wide = (order: boolean) => {
    const bytes = Buffer.from(`\ufeff${files['merges.txt']}`, 'utf16le')
    return order ? bytes : bytes.swap16()
  }
  const lines = files['merges.txt']!.split('\n')
  const cases: Readonly<Record<string, readonly [Readonly<Record<string, string | Uint8Array>>, RegExp]>> = {
    'UTF-16': [{ 'merges.txt': wide(true) }, /merges\.txt is text in UTF-16, expected UTF-8; save it as UTF-8/],
    'UTF-16, big end first': [{ 'merges.txt': wide(false) }, /merges\.txt is text in UTF-16/],
    'UTF-16 without a mark': [{ 'vocab.json': wide(true).subarray(2) }, /vocab\.json is text in UTF-16/],
    'Latin-1': [{ 'vocab.json': Buffer.from('{"\u00e9": 0}', 'latin1') }, /vocab\.json is not text in UTF-8/],
    'a merge of three': [
      { 'merges.txt': [lines[0], 'a b c', ...lines.slice(1)].join('\n') },
      /merges\.txt, line 2, must be two tokens with a space between them/,
    ],
    'merges of another model': [
      { 'merges.txt': '#version: 0.2\nq z\n' },
      /merges make "qz", which the vocabulary lacks/,
    ],
    'another tokenizer': [
      { 'tokenizer_config.json': '{"tokenizer_class":"T5Tokenizer"}' },
      /names T5Tokenizer, expected CLIP/,
    ],
    'a length of no prompt': [
      { 'tokenizer_config.json': '{"model_max_length":-1}' },
      /model_max_length must be .* got -1/,
    ],
    'another kind of tokenizer.json': [
      { 'tokenizer.json': '{"model":{"type":"Unigram","vocab":[]}}' },
      /type Unigram, expected CLIP/,
    ],
    'a vocabulary of text': [{ 'vocab.json': '{"a":"b"}' }, /vocab\.json has no id for "a", but "b"/],
    'a Git LFS pointer': [
      { 'vocab.json': `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 862328\n` },
      /vocab\.json is a Git LFS pointer, not the file itself: run "git lfs pull"/,
    ],
    'a list': [{ 'special_tokens_map.json': '[]' }, /special_tokens_map\.json is not a JSON object/],
  }
  test.each(Object.entries(cases))('%s', async (_, [changed, message]) => {
    await expect(clipTokenizer(folderOf({ ...files, ...changed }))).rejects.toThrow(message)
  })
  test('no words', async () => {
    await expect(clipTokenizer(folderOf({}))).rejects.toThrow(/tokenizer\.json is missing, and so is vocab\.json/)
  })
})

test('the mask and the counts show which part of the prompt is left', async () => {
  const config = JSON.parse(own('tokenizer_config.json'))
  const encode = async (prompt: string, change: object) =>
    (
      await clipTokenizer(folderOf(textsOf({ 'tokenizer_config.json': { ...config, model_max_length: 5, ...change } })))
    ).encode(prompt)
  expect(await encode('red apple', {})).toMatchObject({ mask: [1, 1, 1, 1, 0], used: 4, total: 2, cut: false })
  expect(await encode('red apple', { padding_side: 'left' })).toMatchObject({ mask: [0, 1, 1, 1, 1], cut: false })
  expect(await encode('red red red apple', {})).toMatchObject({ mask: [1, 1, 1, 1, 1], used: 5, total: 4, cut: true })
})

test('where no length is set, it is that of the text encoder', async () => {
  const { model_max_length: _, ...config } = JSON.parse(own('tokenizer_config.json'))
  const folder = folderOf(textsOf({ 'tokenizer_config.json': config }))
  const encoder = { ...folder, has: (path: string) => path === 'text_encoder/config.json' || folder.has(path) }
  const read = async (path: string) =>
    path === 'text_encoder/config.json' ? text('{"max_position_embeddings":32}') : folder.read(path)
  expect((await clipTokenizer({ ...encoder, read })).length).toBe(32)
  expect((await clipTokenizer(folder)).length).toBe(77)
})

test('text has one kind of line break, and no mark', () => {
  expect(decodeText(text('\ufeffa\r\nb\rc\n\ufeffd'), 'x')).toBe('a\nb\nc\n\ufeffd')
  expect(decodeText(text(''), 'x')).toBe('')
  expect(() => decodeText(Buffer.from('\ufeffab', 'utf16le'), 'a.txt')).toThrow(/^a\.txt is text in UTF-16/)
  expect(() => decodeText(Uint8Array.of(0xff, 0xfe, 0, 0, 65, 0, 0, 0), 'a.txt')).toThrow(/UTF-32/)
  expect(() => decodeText(Uint8Array.of(65, 0, 0, 0, 66, 0, 0, 0), 'a.txt')).toThrow(/UTF-32/)
})
