import { execFile } from 'node:child_process'
import { globSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { env } from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startBrowser, unavailable } from './support/browser.ts'
import { pnpm } from './support/pnpm.ts'
import { startSite } from './support/site.ts'

const exec = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))

/** What `examples/page.html` imports. */
const paths = ['errors', 'schedules', 'solvers', 'tensor']

type Manifest = { readonly name: string; readonly peerDependencies?: Readonly<Record<string, string>> }

const packages = globSync('packages/*/package.json', { cwd: root }).map(path => ({
  folder: basename(dirname(path)),
  ...(JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest),
}))

/**
 * The packages as users get them: packed, and the tarballs installed with plain npm into an empty folder outside the
 * workspace, without sources and without the export condition.
 */
describe('as installed', () => {
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fewstep-installed-'))
    const tarballs = join(folder, 'tarballs')
    mkdirSync(tarballs)
    await exec('tsc', ['-b', ...packages.map(({ folder }) => `packages/${folder}/tsconfig.build.json`)], { cwd: root })
    for (const { folder } of packages) {
      await pnpm(['pack', '--pack-destination', tarballs], join(root, 'packages', folder))
    }
    const files = readdirSync(tarballs).map(name => `file:tarballs/${name}`)
    const peers = packages.flatMap(({ peerDependencies = {} }) =>
      Object.entries(peerDependencies).map(([name, range]) => `${name}@${range}`),
    )
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
    await exec('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...files, ...new Set(peers)], {
      cwd: folder,
      // Its postinstall downloads CUDA libraries, which neither this test nor most users need.
      env: { ...env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
      maxBuffer: 64 << 20,
    })
  }, 600_000)

  afterAll(() => rm(folder, { recursive: true, force: true }))

  test.each(packages)('the snippet in the README of $name runs', async ({ name, folder: place }) => {
    const readme = readFileSync(join(root, 'packages', place, 'README.md'), 'utf8')
    const snippet = /```ts\n([\s\S]*?)```/.exec(readme)?.[1]
    expect(snippet, `packages/${place}/README.md has no ts snippet`).toBeDefined()
    const script = `${name.replace(/^\W+/, '').replace(/\W+/g, '-')}.ts`
    await writeFile(join(folder, script), snippet!)
    await exec('node', [script], { cwd: folder })
    // Against the types that are shipped: no sources, no condition, nothing skipped.
    await writeFile(
      join(folder, `tsconfig.${script}.json`),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          exactOptionalPropertyTypes: true,
          noEmit: true,
          module: 'nodenext',
          target: 'es2024',
          types: ['node'],
          typeRoots: [join(root, 'node_modules/@types')],
          skipLibCheck: false,
        },
        files: [script],
      }),
    )
    await exec('tsc', ['-p', `tsconfig.${script}.json`], { cwd: folder })
  })

  test('npx fewstep generates an image with the embedded model', async () => {
    const { stdout } = await exec(
      'npx',
      ['--no-install', 'fewstep', 'generate', 'a red apple', '--steps', '2', '--out', 'apple.png', '--json'],
      { cwd: folder },
    )
    expect(JSON.parse(stdout)).toMatchObject({ steps: 2 })
    expect(statSync(join(folder, 'apple.png')).size).toBeGreaterThan(500)
  })

  test.skipIf(unavailable)('a page without a bundler runs on the shipped files', async () => {
    const shipped = (name: string) => [`/packages/${name}/`, join(folder, 'node_modules/@fewstep', name, '/')] as const
    const folders = { '/examples/': join(root, 'examples/'), ...Object.fromEntries(paths.map(shipped)) }
    const [site, browser] = await Promise.all([startSite({ folders }), startBrowser()])
    try {
      const page = await browser.newPage()
      const errors: string[] = []
      page.on('pageerror', error => errors.push(error.message))
      await page.goto(`${site.url}examples/page.html`)
      const steps = page.locator('#steps[data-done]')
      await steps.waitFor({ timeout: 60_000 })
      const lines = ((await steps.textContent()) ?? '').trim().split('\n')
      expect(lines).toHaveLength(16)
      const distances = lines.map(line => Number(/: ([\d.]+) from the spiral/.exec(line)?.[1]))
      expect(distances[0]).toBeGreaterThan(0.3)
      expect(distances.at(-1)).toBeLessThan(0.05)
      expect(errors).toEqual([])
    } finally {
      await browser.close()
      await site.close()
    }
  })

  test('Vite makes a page of the runtime for browsers: a worker and the library for each build', async () => {
    await writeFile(join(folder, 'page.ts'), "import { webRuntime } from '@fewstep/runtime-web'\nawait webRuntime()\n")
    const outDir = join(folder, 'page')
    const rolldownOptions = { input: join(folder, 'page.ts') }
    await build({
      configFile: false,
      root: folder,
      logLevel: 'warn',
      build: { outDir, target: 'esnext', rolldownOptions },
    })
    const made = globSync('**/*', { cwd: outDir }).map(path => basename(path).replace(/-[\w-]{8}(\.\w+)$/, '$1'))
    for (const build of ['', '.jspi', '.asyncify']) expect(made).toContain(`ort-wasm-simd-threaded${build}.wasm`)
    for (const name of ['wasm', 'jspi', 'asyncify']) expect(made).toContain(`${name}-worker.js`)
  })

  test('the weights and the script of the child process are there', () => {
    const modules = join(folder, 'node_modules/@fewstep')
    expect(statSync(join(modules, 'model-emoji/model/unet/model.onnx')).size).toBeGreaterThan(20e6)
    expect(statSync(join(modules, 'runtime-node/dist/child.js')).isFile()).toBe(true)
  })

  test('no tarball carries tests, caches or machine paths', () => {
    const listed = globSync('node_modules/{fewstep,@fewstep/*}/**/*', { cwd: folder })
    expect(listed.filter(path => /\.test\.|tsbuildinfo|\/test\//.test(path.replace(/^node_modules/, '')))).toEqual([])
  })
})
