/**
 * One word for one thing (CONTRIBUTING.md, "How the text reads") in what users read: documents, help, and the strings of the
 * sources, which become messages and labels. Identifiers and file names may have any word.
 */
import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parseSync } from 'vite'
import { expect, test } from 'vitest'

type Rule = { readonly word: RegExp; readonly write: string }

const rules: readonly Rule[] = [
  { word: /\bnetwork calls?\b/gi, write: 'model evaluation' },
  { word: /\bpictures?\b/gi, write: 'image' },
  { word: /\bcachers?\b/gi, write: 'cache' },
  { word: /\brecipes?\b/gi, write: 'scheduler configuration, or settings' },
  { word: /\broutes?\b/gi, write: 'sampling plan, or run' },
  // Home-made phrases: "the timestep told to the network", "is told the whole part", "be it closed".
  { word: /\b(?:is|are) told\b(?! apart)|\btold (?:to|the|of|its|their)\b/gi, write: 'given, gets or says' },
  { word: /(?:^|[,;(]) ?be (?:it|they|the \w+)\b/gi, write: 'if …' },
  { word: /\bhe who\b/gi, write: 'who does what' },
]
/** In the help a call is always one of the model. */
const helpRules: readonly Rule[] = [...rules, { word: /\bcalls?\b/gi, write: 'evaluation' }]

/** Paths, files, and the names of scripts and packages: `docs/pictures`, `pictures.py`, `bench:pictures`, `@fewstep/cachers`. */
const names = /\S*(?:\/\S*|\w\.\w+)|\bbench:\w+|\bpnpm@12 \w+/g

/** Where `text` has a word that the rules replace, as lines of a message. */
function findWords(place: string, text: string, rules: readonly Rule[], firstLine = 1): readonly string[] {
  return text
    .split('\n')
    .flatMap((line, i) =>
      rules.flatMap(({ word, write }) =>
        [...line.replace(names, '').matchAll(word)].map(
          ([found]) => `${place}:${firstLine + i}: "${found}" in "${line.trim().slice(0, 100)}"; write ${write}`,
        ),
      ),
    )
}

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const filesOf = (...patterns: readonly string[]): readonly string[] =>
  globSync(patterns, { cwd: root, exclude: path => /(^|\/)(node_modules|dist|generated)$/.test(path) }).sort()

/** Decisions and the notes of trainings are history: they keep the words of their day. */
const documents = filesOf('*.md', '{apps,docs,examples,packages,reference,training}/**/*.md', '.changeset/*.md').filter(
  path => !path.startsWith('docs/decisions/') && path !== 'training/README.md',
)

/** Markdown without code, in as many lines; of blocks of code the comments stay. */
function prose(markdown: string): string {
  const blank = (text: string): string => text.replace(/[^\n]/g, '')
  return markdown
    .replace(/^## How the text reads\n[\s\S]*?(?=^## )/m, blank)
    .replace(/^( *)```[\s\S]*?^ *```/gm, block =>
      block.replace(/^.*$/gm, line => /(?:\/\/|# ) ?(.*)/.exec(line)?.[1] ?? ''),
    )
    .replace(/`[^`]*`/g, blank)
    .replace(/\]\([^)\s]*\)|\b(?:src|href)="[^"]*"/g, '')
}

test.each(documents)('%s has the settled words', path => {
  expect(findWords(path, prose(read(path)), rules)).toEqual([])
})

test.each(filesOf('packages/*/package.json'))('the description of %s has the settled words', path => {
  const { description } = JSON.parse(read(path)) as { readonly description: string }
  expect(findWords(path, description, rules)).toEqual([])
})

const sources = filesOf('packages/*/src/**/*.ts', 'apps/demo/src/**/*.{ts,tsx}')

test('messages, labels and descriptions in the sources have the settled words', () => {
  expect(sources.length).toBeGreaterThan(200)
  expect(
    sources.flatMap(path => {
      const code = read(path)
      return stringsOf(path, code).flatMap(({ text, start }) =>
        findWords(path, text, rules, code.slice(0, start).split('\n').length),
      )
    }),
  ).toEqual([])
})

const fewstep = async (...args: readonly string[]): Promise<string> => {
  const main = join(root, 'packages/cli/src/main.ts')
  return (await promisify(execFile)(execPath, ['--conditions=@fewstep/source', main, ...args])).stdout
}

test('the help of every command has the settled words', async () => {
  const help = await fewstep('--help')
  const commands = Array.from(help.matchAll(/^ {2}(\w+) .*$/gm), ([, name]) => name!)
  expect(commands).toEqual(expect.arrayContaining(['generate', 'inspect', 'solvers', 'caches']))
  const texts = await Promise.all([
    ...commands.map(async name => [`fewstep ${name} --help`, await fewstep(name, '--help')] as const),
    ...['solvers', 'schedules', 'caches'].map(async name => [`fewstep ${name}`, await fewstep(name)] as const),
  ])
  expect(
    [['fewstep --help', help] as const, ...texts].flatMap(([place, text]) => findWords(place, text, helpRules)),
  ).toEqual([])
}, 300_000)

test('a word is found in prose, and not in names', () => {
  const markdown =
    'Draws a picture.\n\n```sh\nnpx -y pnpm@12 pictures   # a picture\n```\n![six](docs/pictures/six.png) `recipe`'
  expect(findWords('a.md', prose(markdown), rules)).toEqual([
    'a.md:1: "picture" in "Draws a picture."; write image',
    'a.md:4: "picture" in "a picture"; write image',
  ])
  const code = "const picture = 'cachers'\nconst label = <p title='x y'>two network calls</p> // a recipe"
  expect(stringsOf('a.tsx', code).map(({ text }) => text)).toEqual(['x y', 'two network calls'])
})

type Found = { readonly text: string; readonly start: number }

/** The strings of a source that have a space, and the text of its elements. */
function stringsOf(path: string, code: string): readonly Found[] {
  const found: Found[] = []
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    const { type, start, value } = node as { type?: string; start: number; value?: unknown }
    if ((type === 'Literal' || type === 'JSXText') && typeof value === 'string') found.push({ text: value, start })
    if (type === 'TemplateElement') found.push({ text: (value as { raw: string }).raw, start })
    Object.values(node).forEach(visit)
  }
  visit(parseSync(path, code).program)
  return found.filter(({ text }) => text.includes(' '))
}
