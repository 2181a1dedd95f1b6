/** Bundles a small page for tests with Vite, as users do, from the packages' sources. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, defaultClientConditions } from 'vite'

export type Bundle = { readonly folder: string; remove(): Promise<void> }

/** Without messages about slow plugins. */
const quiet = { checks: { pluginTimings: false } }

/** A folder with an `index.html` that runs `entry`, a TypeScript module. */
export async function bundle(entry: URL): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), 'fewstep-page-'))
  await build({
    configFile: false,
    root: fileURLToPath(new URL('.', entry)),
    base: './',
    logLevel: 'warn',
    resolve: { conditions: ['@fewstep/source', ...defaultClientConditions] },
    build: {
      outDir: folder,
      emptyOutDir: true,
      minify: false,
      target: 'esnext',
      chunkSizeWarningLimit: 10_000,
      rolldownOptions: { ...quiet, input: fileURLToPath(entry), output: { entryFileNames: 'page.js' } },
    },
    worker: { rolldownOptions: quiet },
  })
  const html =
    '<!doctype html><html lang="en"><title>test</title><script type="module" src="./page.js"></script></html>'
  await writeFile(join(folder, 'index.html'), html)
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}
