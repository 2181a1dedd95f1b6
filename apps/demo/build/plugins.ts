import { createHash } from 'node:crypto'
import { createReadStream, readFileSync, statSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

/** The headers that give a page threads. */
export const isolation: Readonly<Record<string, string>> = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

/** The list that `sha256sum` writes, with which the page checks that its model arrived whole, and whether it changed. */
async function sums(): Promise<string> {
  const lines = (await filesOf(model)).map(file => {
    const hash = createHash('sha256').update(readFileSync(join(model, file)))
    return `${hash.digest('hex')}  ${file}\n`
  })
  return lines.join('')
}

/** The sizes of the model's files in bytes, which the page counts against: a host that compresses does not say them. */
async function sizes(): Promise<string> {
  const files = await filesOf(model)
  return JSON.stringify(Object.fromEntries(files.map(file => [file, statSync(join(model, file)).size])))
}

const model = join(dirname(createRequire(import.meta.url).resolve('@fewstep/model-emoji/package.json')), 'model')

/** Serves the embedded model from the page's own origin, and copies it when the page is built. */
export function servedModel(): Plugin {
  return {
    name: 'fewstep-served-model',
    async configureServer(server) {
      const files = new Set(await filesOf(model))
      const { base } = server.config
      server.middlewares.use((request, response, next) => {
        const { pathname } = new URL(request.url ?? '', 'http://page')
        const file = pathname.slice(base.length).replace(/^model\//, '')
        if (pathname === `${base}model/SHA256SUMS`) return void sums().then(text => response.end(text), next)
        if (pathname === `${base}model/sizes.json`) return void sizes().then(text => response.end(text), next)
        if (!pathname.startsWith(`${base}model/`) || !files.has(file)) return next()
        response.writeHead(200, { ...isolation, 'Content-Type': 'application/octet-stream' })
        createReadStream(join(model, file)).pipe(response)
      })
    },
    async generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'model/SHA256SUMS', source: await sums() })
      this.emitFile({ type: 'asset', fileName: 'model/sizes.json', source: await sizes() })
      for (const file of await filesOf(model))
        this.emitFile({ type: 'asset', fileName: `model/${file}`, source: readFileSync(join(model, file)) })
    },
  }
}

/** Tells the service worker which files the page is made of. */
export function shell(): Plugin {
  return {
    name: 'fewstep-shell',
    generateBundle: {
      order: 'post',
      async handler(_, bundle) {
        const worker = bundle['sw.js']
        // The workers' own bundles have none.
        if (worker?.type !== 'chunk') return
        const assets = Object.keys(bundle).filter(name => name.startsWith('assets/'))
        const isRuntime = (name: string): boolean => name.endsWith('.wasm')
        const known = {
          FEWSTEP_SHELL: [
            ...assets.filter(name => !isRuntime(name)),
            ...(await filesOf(fileURLToPath(new URL('../public', import.meta.url)))),
          ],
          FEWSTEP_RUNTIME: Object.fromEntries(
            assets.filter(isRuntime).map(name => [name, /asyncify|jspi/.exec(name)?.[0] ?? 'wasm']),
          ),
        }
        const hash = createHash('sha256').update(JSON.stringify(known)).update(worker.code)
        const all = { ...known, FEWSTEP_VERSION: hash.digest('hex').slice(0, 12) }
        for (const [name, value] of Object.entries(all))
          worker.code = worker.code.replaceAll(name, JSON.stringify(value))
      },
    },
  }
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const files: string[] = []
  for await (const entry of glob('**/*', { cwd: folder, withFileTypes: true }))
    if (entry.isFile()) files.push(relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
  return files.sort()
}
