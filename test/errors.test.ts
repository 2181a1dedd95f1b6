import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type ErrorKind, FewstepError, isFewstepError } from '@fewstep/errors'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const sources = globSync(['packages/*/src/**/*.ts', 'apps/*/src/**/*.{ts,tsx}'], { cwd: root })
  .filter(path => !path.startsWith('packages/errors/'))
  .map(path => ({ path, text: readFileSync(join(root, path), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '') }))

const find = (pattern: RegExp, of = sources): readonly string[] =>
  of.flatMap(({ path, text }) => [...text.matchAll(pattern)].map(([found]) => `${path}: ${found}`))

test('every error class extends FewstepError', () => {
  expect(find(/class \w+ extends \w*Error\b/g).length).toBeGreaterThan(30)
  expect(find(/extends (?!FewstepError\b)\w*Error\b/g)).toEqual([])
})

test('packages throw errors of their own classes only', () => {
  const packages = sources.filter(({ path }) => path.startsWith('packages/'))
  expect(find(/throw new (Error|TypeError|RangeError|SyntaxError)\(/g, packages)).toEqual([])
})

test('nothing tells errors of fewstep apart by their names', () => {
  expect(
    find(
      /(error|reason)\.name(\.\w+| [!=]==? (?!'AbortError')\S+)|[!=]== '[A-Z]\w+\.\w+Error'|\/\^Runtime\w+\/\.test\(name\)/g,
    ),
  ).toEqual([])
})

test('no two classes share a name, in code or in words', () => {
  const classes = sources.flatMap(({ text }) =>
    [...text.matchAll(/class (\w+) extends FewstepError/g)].map(([, name]) => name),
  )
  const names = sources.flatMap(({ text }) =>
    [...text.matchAll(/readonly name = '(\w+\.\w+)'/g)].map(([, name]) => name),
  )
  expect(new Set(classes).size).toBe(classes.length)
  expect(new Set(names).size).toBe(names.length)
})

/** Classes whose every error is about one thing other than what a caller gave. */
const others: Readonly<Record<string, ErrorKind>> = {
  GraphError: 'model',
  TextError: 'model',
  ModelError: 'model',
  MeasureError: 'model',
  ConfigError: 'model',
  CheckError: 'runtime',
  DroppedError: 'system',
  WriteError: 'system',
}

test('every exported error class has its kind: input, except for those about something else', async () => {
  const entries = globSync('packages/*/src/{index.ts,*/index.ts}', { cwd: root }).filter(
    path => !path.includes('/cli/'),
  )
  const classes = new Map<string, ErrorConstructor>()
  for (const path of entries) {
    const exported = (await import(pathToFileURL(join(root, path)).href)) as Record<string, unknown>
    for (const [name, value] of Object.entries(exported))
      if (typeof value === 'function' && value.prototype instanceof Error) classes.set(name, value as ErrorConstructor)
  }
  classes.delete('FewstepError')
  expect(classes.size).toBeGreaterThan(25)
  for (const [name, Class] of classes) {
    const error = Reflect.construct(Class, ['subject', 'expected', ['got'], 'remedy']) as FewstepError
    expect(error, name).toBeInstanceOf(FewstepError)
    expect(isFewstepError(error), name).toBe(true)
    // These say it themselves, error by error.
    if (['RemoteError', 'RuntimeNodeError', 'RuntimeWebError'].includes(name)) continue
    expect([name, error.kind]).toEqual([name, others[name] ?? 'input'])
  }
})
