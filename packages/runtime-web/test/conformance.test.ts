import { conformance } from '@fewstep/runtime/conformance'
import type { WebRuntimeOptions } from '@fewstep/runtime-web'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startBrowser, unavailable } from '../../../test/support/browser.ts'
import { type Bundle, bundle } from '../../../test/support/bundle.ts'
import { type Site, startSite } from '../../../test/support/site.ts'
import { memoryOf } from './support/processes.ts'
import { traits } from './support/traits.ts'

const places: readonly [name: string, options: WebRuntimeOptions, page: { readonly isolated: boolean }][] = [
  ['webgpu', { device: 'webgpu' }, { isolated: true }],
  ['wasm with two threads', { device: 'wasm', threads: 2 }, { isolated: true }],
  ['wasm on a page that is not isolated', { device: 'wasm' }, { isolated: false }],
]

describe.skipIf(unavailable)(`the suite in a browser${unavailable === undefined ? '' : ` (${unavailable})`}`, () => {
  let browser: Browser
  let pages: Bundle

  beforeAll(async () => {
    ;[browser, pages] = await Promise.all([startBrowser(), bundle(new URL('pages/conformance.ts', import.meta.url))])
  })
  afterAll(async () => {
    await browser?.close()
    await pages?.remove()
  })

  describe.each(places)('%s', (_, options, { isolated }) => {
    let site: Site
    let page: Page

    beforeAll(async () => {
      site = await startSite({ folders: { '/': pages.folder }, isolated })
      page = await browser.newPage()
      await page.exposeFunction('memoryOfBrowser', () => memoryOf(browser))
      await page.goto(site.url)
    })
    afterAll(async () => {
      await page?.close()
      await site?.close()
    })

    const never = () => Promise.reject(new Error('only its cases are asked for'))
    test.each(conformance({ ...traits(options), make: never }))('$name', async ({ name }) => {
      const error = await page.evaluate(([options, name]) => globalThis.runCase(options, name), [
        options,
        name,
      ] as const)
      expect(error).toBeUndefined()
    })
  })
})
