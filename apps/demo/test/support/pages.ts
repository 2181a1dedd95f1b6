import type { Browser } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { startBrowser } from '../../../../test/support/browser.ts'
import { type Site, type SiteOptions, startSite } from '../../../../test/support/site.ts'
import { type BuiltPage, builtPage } from './built-page.ts'
import { tinyFiles } from './tiny-site.ts'
import { type Visit, visit } from './visit.ts'

export type Pages = {
  /** The page on a host, with the tiny model in the place of its own. */
  host(
    options?: Pick<SiteOptions, 'isolated' | 'gzip' | 'lacks'> & { readonly path?: string },
  ): Promise<Site & { url: string }>
  /** A person with a fresh browser profile. */
  open(url: string): Promise<Visit>
}

/** The built page and a browser, for the tests of a file. */
export function pages(): Pages {
  let [built, browser]: [BuiltPage | undefined, Browser | undefined] = [undefined, undefined]
  const sites: Site[] = []
  beforeAll(async () => {
    built = await builtPage()
    browser = await startBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    for (const site of sites) await site.close()
    await built?.remove()
  })
  return {
    async host({ path = '/', ...options } = {}) {
      const files = await tinyFiles(`${path}model/`)
      const site = await startSite({ folders: { [path]: built!.folder }, files, ...options })
      sites.push(site)
      return { ...site, url: new URL(path, site.url).href }
    },
    open: url => visit(browser!, url),
  }
}
