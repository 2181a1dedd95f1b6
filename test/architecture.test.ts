import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Which packages each package may import, as ARCHITECTURE.md draws it. `types` arrows vanish on compilation. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  tensor: ['errors'],
  schedules: ['errors'],
  solvers: ['errors', 'tensor', 'schedules'],
  sampler: ['errors', 'tensor', 'schedules', 'solvers', 'cachers'],
  cachers: ['errors', 'tensor', 'schedules', 'solvers'],
  tune: ['errors', 'tensor', 'schedules', 'solvers'],
  'onnx-graph': ['errors'],
  runtime: ['errors', 'tensor', 'onnx-graph'],
  'runtime-node': ['errors', 'tensor', 'runtime'],
  'runtime-web': ['errors', 'tensor', 'runtime'],
  pipelines: ['errors', 'tensor', 'schedules', 'solvers', 'cachers', 'sampler', 'runtime', 'onnx-graph'],
  'model-emoji': [],
  cli: [
    'errors',
    'tensor',
    'schedules',
    'solvers',
    'cachers',
    'sampler',
    'runtime',
    'runtime-node',
    'pipelines',
    'onnx-graph',
    'model-emoji',
  ],
  demo: [
    'errors',
    'tensor',
    'schedules',
    'solvers',
    'cachers',
    'sampler',
    'runtime',
    'runtime-web',
    'pipelines',
    'onnx-graph',
    'model-emoji',
  ],
}

type Manifest = {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const manifests = globSync(['packages/*/package.json', 'apps/*/package.json'], { cwd: root }).map(path => ({
  folder: basename(dirname(path)),
  place: dirname(path),
  manifest: JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest,
}))

test('every package has its row in the table of arrows', () => {
  expect(manifests.map(({ folder }) => folder).sort()).toEqual(Object.keys(arrows).sort())
})

test.each(manifests)('$folder depends on nothing that its place forbids', ({ folder, manifest }) => {
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
  const ours = declared.filter(name => name.startsWith('@fewstep/')).map(name => name.slice('@fewstep/'.length))
  expect(arrows[folder]).toEqual(expect.arrayContaining(ours))
})

test.each(manifests)('$folder imports only what it declares', ({ place, manifest }) => {
  const declared = new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }))
  const undeclared: string[] = []
  for (const path of globSync(`${place}/src/**/*.{ts,tsx}`, { cwd: root })) {
    for (const specifier of imports(readFileSync(join(root, path), 'utf8'))) {
      if (specifier.startsWith('.') || specifier.startsWith('node:')) continue
      const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
      if (!declared.has(name)) undeclared.push(`${path} imports ${specifier}`)
    }
  }
  expect(undeclared).toEqual([])
})

test.each([
  'errors',
  'tensor',
  'schedules',
  'solvers',
  'cachers',
  'sampler',
  'tune',
  'onnx-graph',
  'runtime',
  'runtime-web',
  'pipelines',
])('%s runs in a browser: it imports nothing of Node', folder => {
  const offenders = globSync(`packages/${folder}/src/**/*.ts`, { cwd: root }).filter(path =>
    imports(readFileSync(join(root, path), 'utf8')).some(specifier => specifier.startsWith('node:')),
  )
  expect(offenders).toEqual([])
})

function imports(source: string): readonly string[] {
  // Comments first: documentation quotes import statements of other packages.
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
  const pattern =
    /(?:^|[;\n])\s*(?:import|export)\b[^'"`;]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)\s*import\s*['"]([^'"]+)['"]/g
  return [...code.matchAll(pattern)].map(match => match[1] ?? match[2] ?? match[3] ?? '')
}
