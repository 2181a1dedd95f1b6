/**
 * Makes the images of the demo page that the documentation shows, and its icons, in the browser of the tests:
 * `npx -y pnpm@12 screenshots`.
 */
import { mkdir, readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { builtPage } from '../apps/demo/test/support/built-page.ts'
import { generate, opened, visit } from '../apps/demo/test/support/visit.ts'
import { startBrowser } from '../test/support/browser.ts'
import { startSite } from '../test/support/site.ts'

const [pictures, icons] = ['docs/pictures', 'apps/demo/public']
const subject = 'prompt=grinning+face&seed=7'
const built = await builtPage()
const site = await startSite({ folders: { '/': built.folder } })
const browser = await startBrowser()
try {
  const { page } = await visit(browser, site.url)
  await opened(page)
  await mkdir(pictures, { recursive: true })

  await go(page, `#generate?${subject}&steps=12&guidance=7.5&solver=dpmpp-2m`)
  await generate(page)
  for (const [prompt, seed] of [
    ['a red heart', 7],
    ['a red apple', 5],
  ] as const) {
    await page.getByLabel('Prompt', { exact: true }).fill(prompt)
    await page.getByLabel('Seed', { exact: true }).fill(String(seed))
    await generate(page)
  }
  await page.locator('.history li').last().getByRole('button').click()
  await page.evaluate(() => scrollTo(0, 0))
  await page.screenshot({ path: `${pictures}/demo-generate.png` })

  await page.emulateMedia({ colorScheme: 'dark' })
  await page.setViewportSize({ width: 390, height: 844 })
  await page.screenshot({ path: `${pictures}/demo-phone.png` })
  await page.setViewportSize({ width: 1280, height: 900 })
  await page.emulateMedia({ colorScheme: 'light' })

  const [left, right] = ['left.steps=25&left.guidance=7.5', 'right.steps=12&right.solver=dpmpp-2m&right.guidance=7.5']
  await go(page, `#compare?${subject}&${left}&${right}&right.cache=deepcache:interval%3D2&right.cache=tgate:gate%3D6`)
  // The browser compiles the library while it generates the first images, so the screenshot shows the second run.
  for (const _ of ['first', 'second']) {
    await page.getByRole('button', { name: 'Draw both' }).click()
    await page.getByRole('button', { name: 'Stop' }).waitFor()
    await page.getByRole('button', { name: 'Draw both' }).waitFor({ timeout: 120_000 })
  }
  await page
    .locator('.between .figure')
    .getByText(/dB|equal/)
    .waitFor()
  await page
    .locator('.lane.right dd')
    .getByText(/^\d+ %$/)
    .first()
    .waitFor({ timeout: 60_000 })
  await page.getByRole('button', { name: 'Evaluation 7, step 7' }).last().focus()
  await page.screenshot({ path: `${pictures}/demo-compare.png`, fullPage: true })

  await go(page, `#race?${subject}&guidance=7.5&solvers=ddim+deis-3+dpmpp-2m+unipc-3`)
  await page.getByRole('button', { name: 'Start the race' }).click()
  await page.getByText('16 of 16 drawn').waitFor({ timeout: 600_000 })
  await page.screenshot({ path: `${pictures}/demo-race.png`, fullPage: true })

  const svg = await readFile(`${icons}/icon.svg`, 'utf8')
  for (const side of [192, 512]) {
    await page.setViewportSize({ width: side, height: side })
    await page.setContent(`<style>body { margin: 0; background: #4b57c9 } svg { display: block }</style>${svg}`)
    await page.screenshot({ path: `${icons}/icon-${side}.png` })
  }
} finally {
  await browser.close()
  await site.close()
  await built.remove()
}

async function go(page: Page, hash: string): Promise<void> {
  await page.evaluate(to => {
    location.hash = to
  }, hash)
}
