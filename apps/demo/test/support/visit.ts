import type { Pixels } from '@fewstep/pipelines'
import type { Browser, BrowserContext, Page } from 'playwright-core'

export type Visit = {
  readonly page: Page
  readonly context: BrowserContext
  /** Every address that was asked for. */
  readonly requests: string[]
  /** What the page threw or complained of. */
  readonly complaints: string[]
}

/** A person with a fresh browser. */
export async function visit(browser: Browser, url: string): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true })
  const [requests, complaints]: [string[], string[]] = [[], []]
  context.on('request', request => requests.push(request.url()))
  const page = await context.newPage()
  page.on('pageerror', error => complaints.push(error.message))
  page.on('console', message => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  await page.goto(url)
  return { page, context, requests, complaints }
}

/** Waits until the model is open. */
export async function opened(page: Page): Promise<void> {
  await page
    .locator('footer')
    .getByText(/WebAssembly on|WebGPU:/)
    .waitFor({ timeout: 60_000 })
}

/** Has the image drawn, and waits for it. */
export async function generate(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Generate' }).click()
  await page
    .locator('.stage .status')
    .getByText(/evaluations? ·/)
    .waitFor({ timeout: 60_000 })
}

/** An image that the page shows, by its label. */
export async function imageOf(page: Page, label: RegExp): Promise<Pixels> {
  const { width, height, rgba } = await page
    .getByRole('img', { name: label })
    .locator('canvas')
    .evaluate((canvas: HTMLCanvasElement) => {
      const { width, height } = canvas
      return { width, height, rgba: [...canvas.getContext('2d')!.getImageData(0, 0, width, height).data] }
    })
  return { width, height, data: Uint8ClampedArray.from(rgba.filter((_, i) => i % 4 !== 3)) }
}

/** Fills in what a person would. */
export async function settle(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value)
}
