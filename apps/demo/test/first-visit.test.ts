import type { Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import { unavailable } from '../../../test/support/browser.ts'
import { pages } from './support/pages.ts'
import { opened, type Visit } from './support/visit.ts'

const isolated = (page: Page): Promise<boolean> => page.evaluate(() => crossOriginIsolated)
const status = (page: Page, words: RegExp) =>
  page.locator('.stage .status').getByText(words).waitFor({ timeout: 60_000 })
const link = '#generate?prompt=a+blue+cat&seed=5&steps=2&guidance=1&solver=ddim&draw=1'

describe.skipIf(unavailable !== undefined)('the first visit, in a fresh profile', () => {
  const { host, open } = pages()
  const guests: Visit[] = []
  afterEach(async () => {
    for (const { context } of guests.splice(0)) await context.close()
  })
  const enter = async (url: string): Promise<Visit> => {
    const guest = await open(url)
    guests.push(guest)
    return guest
  }

  describe('of a host without headers, below a path', () => {
    const path = '/some/path/'
    const bare = () => host({ path, isolated: false })

    test('a link that asks to draw draws, after the reload that gives it threads', async () => {
      const site = await bare()
      const { page, complaints } = await enter(`${site.url}${link}`)
      await status(page, /evaluations? ·/)
      expect(await isolated(page)).toBe(true)
      await page.getByRole('img', { name: 'Image: “a blue cat”, seed 5' }).waitFor()
      expect(site.requests.filter(({ path: asked }) => asked === path).length).toBeGreaterThanOrEqual(2)
      // Then the address no longer asks: whoever reloads wants the page.
      await page.waitForFunction(() => !location.hash.includes('draw='))
      expect(complaints).toEqual([])
    })

    test('what is typed, where the focus is and what is pressed before the service worker is there stay', async () => {
      const site = await bare()
      const release = site.hold(`${path}sw.js`)
      const { page } = await enter(site.url)
      const prompt = page.getByLabel('Prompt', { exact: true })
      await prompt.fill('a green hat')
      await page.getByLabel('Steps', { exact: true }).fill('2')
      await page.getByRole('button', { name: 'Generate' }).click()
      await prompt.focus()
      release()
      await status(page, /evaluations? ·/)
      await page.getByRole('img', { name: /^Image: “a green hat”/ }).waitFor()
      await page.evaluate(() => navigator.serviceWorker.ready)
      expect(await prompt.inputValue()).toBe('a green hat')
      expect(await prompt.evaluate(field => field === document.activeElement)).toBe(true)
      // It was not loaded again, and says that this would help; then it has threads, and what was typed.
      expect(await isolated(page)).toBe(false)
      await page.locator('footer').getByText('Reload the page to draw with more threads').waitFor()
      await page.reload()
      await opened(page)
      expect(await isolated(page)).toBe(true)
      expect(await prompt.inputValue()).toBe('a green hat')
    })

    test('what is typed while the new page is on its way keeps the old one', async () => {
      const site = await bare()
      const { page } = await enter(`${site.url}icon.svg`)
      // The second time that the page is asked for is its reload.
      const asked = () => site.requests.filter(({ path: asked }) => asked === path).length
      const install = site.hold(`${path}sw.js`)
      await page.goto(site.url)
      const before = asked()
      const release = site.hold(path)
      install()
      // The service worker keeps the page for itself, then the page is loaded again: both are held back.
      await expect.poll(asked, { timeout: 30_000 }).toBeGreaterThan(before)
      await page.getByLabel('Prompt', { exact: true }).fill('a green hat')
      release()
      await opened(page)
      expect(await page.getByLabel('Prompt', { exact: true }).inputValue()).toBe('a green hat')
    })
  })

  test('a press of Generate while the model loads is answered at once, and then drawn', async () => {
    const site = await host()
    const release = site.hold('/model/unet/model.onnx')
    const { page } = await enter(site.url)
    await page.getByLabel('Steps', { exact: true }).fill('2')
    await page.getByRole('button', { name: 'Generate' }).click()
    await status(page, /^Waiting for the model to load$/)
    await page.getByRole('button', { name: 'Stop' }).waitFor()
    release()
    await status(page, /evaluations? ·/)
  })

  test('progress has a total where the host compresses, and the model is seen to start', async () => {
    const site = await host({ gzip: true })
    const whole = site.hold('/model/unet/model.onnx')
    const { page } = await enter(site.url)
    const bar = page.getByRole('progressbar', { name: 'Opening the model' })
    await expect.poll(() => bar.getAttribute('max'), { timeout: 30_000 }).not.toBeNull()
    // All that words said of the state, as the page showed it.
    await page.evaluate(() => {
      const seen: string[] = []
      Reflect.set(window, 'seen', seen)
      new MutationObserver(() => seen.push(document.querySelector('.bar span')?.textContent ?? '')).observe(
        document.querySelector('.bars')!,
        { childList: true, characterData: true, subtree: true },
      )
    })
    whole()
    await opened(page)
    expect(await page.evaluate(() => Reflect.get(window, 'seen'))).toContain('Starting the model')
  })

  test('a missing .wasm file is named in words, with what to do', async () => {
    const site = await host({ lacks: /\.wasm$/ })
    const { page } = await enter(site.url)
    const alert = page.getByRole('alert')
    await alert.getByText(/The engine that runs the model.*could not be loaded/).waitFor({ timeout: 60_000 })
    expect(await alert.textContent()).not.toMatch(/bundler|backend|`/)
    // What waits for the model says so, too.
    await page.getByRole('button', { name: 'Generate' }).click()
    await page.getByText(/No image was drawn, because the model did not open/).waitFor()
  })
})
