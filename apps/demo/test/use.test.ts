import { decode } from 'fast-png'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { unavailable } from '../../../test/support/browser.ts'
import type { Site } from '../../../test/support/site.ts'
import { pages } from './support/pages.ts'
import { generate, opened, settle, type Visit } from './support/visit.ts'

const field = (page: Page, label: string) => page.getByLabel(label, { exact: true })
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

/** What has the focus: its words or its name. */
const focus = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const { activeElement } = document
    return activeElement?.tagName === 'BODY' ? 'body' : (activeElement?.textContent?.trim() ?? '')
  })

/** WCAG's contrast of an element's text with its background. */
const contrast = (page: Page, selector: string): Promise<number> =>
  page.locator(selector).evaluate(element => {
    const { color, backgroundColor, opacity } = getComputedStyle(element)
    if (opacity !== '1') return 0
    const light = (css: string): number => {
      const [r = 0, g = 0, b = 0] = (css.match(/[\d.]+/g) ?? []).slice(0, 3).map(text => {
        const share = Number(text) / 255
        return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    const [dark = 0, bright = 0] = [light(color), light(backgroundColor)].sort((a, b) => a - b)
    return (bright + 0.05) / (dark + 0.05)
  })

describe.skipIf(unavailable !== undefined)('using the page', () => {
  const { host, open } = pages()
  let [guest, site]: [Visit | undefined, Site | undefined] = [undefined, undefined]
  const page = (): Page => guest!.page
  const go = async (hash: string): Promise<void> => {
    await page().evaluate(to => {
      location.hash = to
    }, hash)
  }

  const show = async (view: string): Promise<void> => {
    await page().getByRole('link', { name: view }).click()
    await page().getByRole('heading', { level: 1, name: view }).waitFor()
  }

  beforeAll(async () => {
    site = await host()
    guest = await open(site.url)
    await opened(guest.page)
  })
  afterAll(async () => {
    await guest?.context.close()
  })

  test('it begins with what the card of its model recommends, in one sentence, at 256 to 320 pixels', async () => {
    expect(await field(page(), 'Steps').inputValue()).toBe('12')
    expect(await field(page(), 'Solver').inputValue()).toBe('dpmpp-2m')
    expect(await page().locator('.lead').textContent()).toMatch(/draws images from text.*knows emoji/)
    await generate(page())
    const { width, height } = (await page().locator('.stage .frame').first().boundingBox())!
    expect(Math.min(width, height)).toBeGreaterThanOrEqual(256)
    expect(Math.max(width, height)).toBeLessThanOrEqual(320)
    await show('Compare')
    const lane = (name: string) => page().getByRole('region', { name })
    expect(await lane('Lane A').getByLabel('Steps').inputValue()).toBe('25')
    await lane('Lane A').getByText('25 steps of pndm on the schedule leading').waitFor()
    expect(await lane('Lane B').getByLabel('Steps').inputValue()).toBe('12')
  })

  describe('a field that is no value', () => {
    beforeAll(() => go('#generate?prompt=a+cat&seed=1&steps=2&guidance=1&solver=ddim'))

    test.each([
      ['Steps', 'abc', /^Steps must be a whole number from 1 to 1000, not “abc”\.$/],
      ['Steps', '0', /^Steps must be/],
      ['Steps', '-5', /^Steps must be/],
      ['Steps', '', /^Steps is blank/],
      ['Steps', '1e9', /^Steps must be/],
      ['Seed', '1.5', /^Seed must be/],
      ['Seed', '', /^Seed is blank/],
      ['Guidance', 'much', /^Guidance must be a number, not “much”/],
      ['Guidance', ' ', /^Guidance is blank/],
    ])('%s “%s” stops the drawing, and says why', async (label, text, words) => {
      const before = await field(page(), label).inputValue()
      const drawn = await page().locator('.history li').count()
      await field(page(), label).fill(text)
      await page().getByRole('alert').getByText(words).waitFor()
      expect(await field(page(), label).getAttribute('aria-invalid')).toBe('true')
      expect(await button(page(), 'Generate').isDisabled()).toBe(true)
      // By keyboard, too: the focus goes to what is wrong.
      await field(page(), 'Prompt').press('Enter')
      expect(await field(page(), label).evaluate(input => input === document.activeElement)).toBe(true)
      // It is not forgotten in another view.
      await show('Your model')
      await show('Generate')
      expect(await field(page(), label).inputValue()).toBe(text)
      await field(page(), label).fill(before)
      expect(await page().getByRole('alert').count()).toBe(0)
      expect(await button(page(), 'Generate').isDisabled()).toBe(false)
      expect(await page().locator('.history li').count()).toBe(drawn)
    })

    test('a lane of a comparison is named', async () => {
      await show('Compare')
      const steps = page().getByRole('region', { name: 'Lane B' }).getByLabel('Steps')
      await steps.fill('no')
      await page()
        .getByRole('alert')
        .getByText('Lane B, steps must be a whole number from 1 to 1000, not “no”.')
        .waitFor()
      expect(await button(page(), 'Draw both').isDisabled()).toBe(true)
      await steps.fill('3')
    })
  })

  describe('what is shown says what it belongs to', () => {
    test('an image under another prompt, seed or settings', async () => {
      await go('#generate?prompt=a+cat&seed=1&steps=2&guidance=1&solver=ddim')
      await generate(page())
      const changed = page().locator('.stage').getByText('The settings have changed')
      await page().locator('.belongs').getByText('“a cat”, seed 1 · 2 steps of ddim · guidance 1').waitFor()
      for (const [label, text, before] of [
        ['Prompt', 'a dog', 'a cat'],
        ['Seed', '2', '1'],
        ['Steps', '3', '2'],
        ['Guidance', '2', '1'],
      ] as const) {
        expect(await changed.count()).toBe(0)
        await field(page(), label).fill(text)
        await changed.waitFor()
        await page().locator('.belongs').getByText('“a cat”, seed 1 · 2 steps of ddim · guidance 1').waitFor()
        await field(page(), label).fill(before)
        await changed.waitFor({ state: 'detached' })
      }
    })

    test('figures of a comparison stay those of its images', async () => {
      await go(
        '#compare?prompt=a+cat&seed=1&left.steps=4&left.guidance=1&left.solver=ddim&right.steps=2&right.guidance=1&right.solver=ddim',
      )
      await button(page(), 'Draw both').click()
      await page()
        .locator('.between .figure')
        .getByText(/dB|equal/)
        .waitFor({ timeout: 60_000 })
      const lane = page().getByRole('region', { name: 'Lane B' })
      await lane.getByText('50 %').waitFor({ timeout: 60_000 })
      const figures = await lane.locator('.figures').textContent()
      await lane.getByLabel('Steps').fill('3')
      await lane.getByText('The settings have changed: this image and its figures belong to those above.').waitFor()
      await page().getByText('This compares the two images shown. The settings have changed').waitFor()
      expect(await lane.locator('.figures').textContent()).toBe(figures)
      await lane.getByText('3 steps of ddim on the schedule leading: 3 evaluations of the model.').waitFor()
    })
  })

  test('views do not disturb each other, and a change of device waits', async () => {
    await go('#race?prompt=a+cat&seed=3&guidance=1&solvers=ddim')
    await button(page(), 'Start the race').click()
    await show('Generate')
    expect(await button(page(), 'Stop').count()).toBe(0)
    await generate(page())
    await show('Race')
    await page().getByText('4 of 4 drawn').waitFor({ timeout: 60_000 })

    await go('#generate?prompt=a+cat&seed=1&steps=1000&guidance=1&solver=ddim&schedule=trailing')
    await button(page(), 'Generate').click()
    await page()
      .locator('.stage .status')
      .getByText(/^Step \d/)
      .waitFor()
    await page().getByLabel('Device').selectOption('wasm')
    await page().getByText('The change takes effect when what is being drawn is finished').waitFor()
    expect(await page().locator('.stage .status').textContent()).toMatch(/^Step \d+ of \d+/)
    await button(page(), 'Stop drawing and change now').click()
    await page()
      .locator('.stage .status')
      .getByText(/^Stopped/)
      .waitFor()
    await opened(page())
  })

  test('the focus stays on the button that becomes Stop, and goes to what is around things that go', async () => {
    await go('#generate?prompt=a+cat&seed=1&steps=1000&guidance=1&solver=ddim&schedule=trailing')
    await button(page(), 'Generate').focus()
    await page().keyboard.press('Enter')
    await button(page(), 'Stop').waitFor()
    expect(await focus(page())).toBe('Stop')
    await page().keyboard.press('Enter')
    await button(page(), 'Generate').waitFor()
    expect(await focus(page())).toBe('Generate')
    await page().getByLabel('Caches').selectOption('deepcache')
    await button(page(), 'Remove deepcache').focus()
    await page().keyboard.press('Enter')
    expect(
      await page()
        .getByLabel('Caches')
        .evaluate(list => list === document.activeElement),
    ).toBe(true)
    await go('#generate?steps=no')
    await button(page(), 'Close').focus()
    await page().keyboard.press('Enter')
    expect(await focus(page())).not.toBe('body')
  })

  test('a skip link is first, and leads to the content', async () => {
    await page().reload()
    await opened(page())
    const hash = await page().evaluate(() => location.hash)
    await page().keyboard.press('Tab')
    expect(await focus(page())).toBe('Skip to the content')
    await page().keyboard.press('Enter')
    expect(await page().evaluate(() => document.activeElement?.tagName)).toBe('MAIN')
    await page().keyboard.press('Tab')
    expect(await field(page(), 'Prompt').evaluate(input => input === document.activeElement)).toBe(true)
    expect(await page().evaluate(() => location.hash)).toBe(hash)
  })

  test.each(['light', 'dark'] as const)('a button that is off is legible, %s', async colorScheme => {
    await page().emulateMedia({ colorScheme })
    await settle(page(), { Prompt: '' })
    expect(await contrast(page(), '.subject .primary')).toBeGreaterThanOrEqual(4.5)
    await settle(page(), { Prompt: 'a cat' })
    await page().emulateMedia({ colorScheme: 'light' })
  })

  test('in forced colors, kinds of cells are still told apart', async () => {
    await go(
      '#compare?prompt=a+cat&left.steps=6&left.solver=ddim&left.guidance=3&left.cache=deepcache&left.cache=tgate:gate%3D2&right.steps=6&right.solver=ddim&right.cache=taylorseer:interval%3D2,warmUp%3D2&right.cache=first-block',
    )
    await page().emulateMedia({ forcedColors: 'active' })
    await page().locator('.cell-sample.forecast').waitFor()
    const samples = page().locator('.legend .cell-sample:not(.half)')
    const seen: string[] = []
    for (const sample of await samples.all()) {
      const { width, height, data, channels } = decode(await sample.screenshot())
      seen.push(`${width} ${height} ${channels} ${data.join()}`)
    }
    expect(seen.length).toBeGreaterThanOrEqual(4)
    expect(new Set(seen).size).toBe(seen.length)
    await page().emulateMedia({ forcedColors: 'none' })
  })

  test.each([320, 390])('at %s pixels nothing is wider than the screen, and no column is hidden', async width => {
    await page().setViewportSize({ width, height: 640 })
    for (const view of ['Generate', 'Compare', 'Your model', 'Race']) {
      await show(view)
      for (const details of await page().locator('details.options').all())
        await details.evaluate(element => element.setAttribute('open', ''))
      expect(await page().evaluate(() => document.documentElement.scrollWidth), view).toBeLessThanOrEqual(width)
    }
    await go('#race?prompt=a+cat&seed=3&guidance=1&solvers=ddim+dpmpp-2m-sde')
    await button(page(), 'Start the race').click()
    await page().getByText('8 of 8 drawn').waitFor({ timeout: 60_000 })
    expect(await page().evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    const [first, last] = [page().locator('.race-grid td').first(), page().locator('.race-grid td').nth(3)]
    const [a, b] = [(await first.boundingBox())!, (await last.boundingBox())!]
    expect(a.x).toBeGreaterThanOrEqual(0)
    expect(b.x + b.width).toBeLessThanOrEqual(width)
    expect(Math.min(a.width, b.width)).toBeGreaterThanOrEqual(48)
    await page().setViewportSize({ width: 1280, height: 900 })
  })

  test('words that the model does not know are named', async () => {
    await go('#generate?prompt=%F0%9F%8D%8E&seed=1&steps=1&guidance=1&solver=ddim')
    await generate(page())
    await page()
      .getByText(/The model does not know “🍎”/)
      .waitFor()
  })

  test('a site that does not let itself be read is named, not a file of it or the connection alone', async () => {
    const other = await host({ path: '/model-there/' })
    await show('Your model')
    await page().getByLabel('Or its address').fill(`${other.url}model/`)
    await button(page(), 'Look at it').click()
    const alert = page().getByRole('alert')
    await alert.getByText(/does not let other sites read its files \(CORS\)/).waitFor({ timeout: 60_000 })
    expect(await alert.textContent()).not.toMatch(/text_encoder_2|\.onnx/)
  })

  test('nothing went wrong meanwhile', () => {
    expect(guest!.complaints.filter(words => !/404|CORS|ERR_FAILED/.test(words))).toEqual([])
  })
})
