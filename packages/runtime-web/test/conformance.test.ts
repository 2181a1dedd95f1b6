import { platform } from 'node:process'
import { conformance } from '@fewstep/runtime/conformance'
import type { WebRuntimeOptions } from '@fewstep/runtime-web'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { unavailable } from '../../../test/support/browser.ts'
import { type Site, startSite } from '../../../test/support/site.ts'
import { pages } from './support/pages.ts'
import { memoryOf, settledMemoryOf } from './support/processes.ts'
import { traits } from './support/traits.ts'

type Place = {
  readonly isolated: boolean
  /** Whether WebAssembly can wait for promises, which decides on the build for WebGPU; true by default. */
  readonly jspi?: boolean
  /** A test that does not apply here. */
  readonly but?: RegExp
}

const places: readonly [name: string, options: WebRuntimeOptions, place: Place][] = [
  ['webgpu', { device: 'webgpu' }, { isolated: true }],
  [
    'webgpu where WebAssembly cannot wait for promises',
    { device: 'webgpu' },
    // Here a failed run ends the library; see `losses.test.ts`.
    { isolated: true, jspi: false, but: /^a run that fails/ },
  ],
  ['wasm with two threads', { device: 'wasm', threads: 2 }, { isolated: true }],
  ['wasm on a page that is not isolated', { device: 'wasm' }, { isolated: false }],
]

describe.skipIf(unavailable)(`the suite in a browser${unavailable === undefined ? '' : ` (${unavailable})`}`, () => {
  const on = pages(new URL('pages/conformance.ts', import.meta.url))

  describe.each(places)('%s', (_, options, { isolated, jspi = true, but }) => {
    let site: Site
    let page: Page

    beforeAll(async () => {
      site = await startSite({ folders: { '/': on.folder }, isolated })
      page = await on.browser.newPage()
      await page.exposeFunction('memoryOfBrowser', () => settledMemoryOf(on.browser, page))
      if (!jspi) await page.addInitScript(() => Reflect.deleteProperty(WebAssembly, 'Suspending'))
      await page.goto(site.url)
      // The test of memory needs this measurement.
      if (platform === 'linux') expect(await memoryOf(on.browser)).toBeGreaterThan(50e6)
    })
    afterAll(async () => {
      await page?.close()
      await site?.close()
    })

    const never = () => Promise.reject(new Error('only the list of tests is needed'))
    const cases = conformance({ ...traits(options), make: never }).filter(({ name }) => !but?.test(name))
    // Compiling the library takes long on a busy machine.
    test.each(cases)('$name', { timeout: 240_000 }, async ({ name }) => {
      const error = await page.evaluate(([options, name]) => globalThis.runCase(options, name), [
        options,
        name,
      ] as const)
      expect(error).toBeUndefined()
    })
  })
})
