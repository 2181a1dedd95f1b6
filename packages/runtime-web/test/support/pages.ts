import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { startBrowser } from '../../../../test/support/browser.ts'
import { type Bundle, bundle } from '../../../../test/support/bundle.ts'

export type Pages = {
  readonly browser: Browser
  readonly folder: string
}

/** The browser and a bundled page, for the tests of a file. */
export function pages(entry: URL): Pages {
  let browser: Browser
  let made: Bundle
  beforeAll(async () => {
    ;[browser, made] = await Promise.all([startBrowser(), bundle(entry)])
  })
  afterAll(async () => {
    await browser?.close()
    await made?.remove()
  })
  return {
    get browser() {
      return browser
    },
    get folder() {
      return made.folder
    },
  }
}

/** A new visitor with nothing stored, on a page. */
export async function visit(browser: Browser, url: string): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(url)
  return { context, page }
}
