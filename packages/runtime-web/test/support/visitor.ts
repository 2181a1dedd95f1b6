import { readFileSync } from 'node:fs'
import { readModel, writeModel } from '@fewstep/onnx-graph'
import type { WebRuntimeOptions } from '@fewstep/runtime-web'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { takeWeights } from '../../../../test/support/external-weights.ts'
import { type Site, type SiteOptions, startSite } from '../../../../test/support/site.ts'
import { tinyUnet } from '../../../../test/support/tiny-folder.ts'
import { identity as identityModel, inFours, withExternalData } from '../../../runtime/src/conformance/models.ts'
import { pages, visit } from './pages.ts'

/** The files of onnxruntime-web. */
export const ort: URL = new URL('../../node_modules/onnxruntime-web/dist/', import.meta.url)

const { model, files: weights } = withExternalData(Float32Array.from({ length: 4_000_000 }, (_, i) => i % 1000))
const tiny = readModel(new Uint8Array(readFileSync(tinyUnet)))
const tinyWeights = takeWeights(tiny, 'weights.bin')
const models: ReadonlyMap<string, Uint8Array> = new Map([
  ['/model/unet/model.onnx', model],
  ['/model/unet/weights.bin', weights.get('weights.bin')!],
  ['/model/tiny/model.onnx', writeModel(tiny)],
  ['/model/tiny/weights.bin', tinyWeights],
  ['/model/identity.onnx', identityModel('float32', 1)],
  ['/model/fours.onnx', inFours()],
  ['/model/half.onnx', model.subarray(0, 100)],
])

/** The page, and the files of onnxruntime-web in a separate folder. */
export function atRoot(page: string): SiteOptions {
  return { folders: { '/': page, '/ort/': ort } }
}

export type Visitor<K extends string> = {
  readonly browser: Browser
  readonly sites: Readonly<Record<K, Site>>
  /** The page of a new visitor, opened by {@link Visitor.go}. Each test has a new one. */
  readonly context: BrowserContext
  readonly page: Page
  go(to: K, path?: string): Promise<void>
}

/** Websites with the tests' page and small models, and a visitor, for the tests of a file. */
export function visitor<K extends string>(make: (page: string) => Readonly<Record<K, SiteOptions>>): Visitor<K> {
  const on = pages(new URL('../pages/fewstep.ts', import.meta.url))
  let sites: Readonly<Record<K, Site>>
  let visited: { readonly context: BrowserContext; readonly page: Page }
  beforeAll(async () => {
    const started = Object.entries<SiteOptions>(make(on.folder)).map(
      async ([name, options]) => [name, await startSite({ ...options, files: new Map(models) })] as const,
    )
    sites = Object.fromEntries(await Promise.all(started)) as Record<K, Site>
  })
  afterAll(() => Promise.all(Object.values<Site>(sites).map(site => site.close())))
  afterEach(() => visited.context.close())
  return {
    get browser() {
      return on.browser
    },
    get sites() {
      return sites
    },
    get context() {
      return visited.context
    },
    get page() {
      return visited.page
    },
    async go(to, path = '') {
      visited = await visit(on.browser, sites[to].url + path)
    },
  }
}

/** The result of running the identity, or the error. */
export function identity(
  page: Page,
  options: WebRuntimeOptions,
): Promise<{ readonly y?: readonly number[]; readonly error?: string }> {
  return page.evaluate(async options => {
    const { webRuntime, website } = globalThis.fewstep
    const runtime = await webRuntime(options)
    try {
      const session = await runtime.open(await website(new URL('/model', location.href)).model('identity.onnx'))
      const { y } = await session.run({ x: { type: 'float32', shape: [2], data: Float32Array.of(1, 2) } })
      return { y: Array.from(y!.data as Float32Array) }
    } catch (error) {
      return { error: (error as Error).message }
    } finally {
      await runtime.dispose()
    }
  }, options)
}
