import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { model } from '@fewstep/model-emoji'
import { type Image, textToImage } from '@fewstep/pipelines'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { chooseRecipe } from '@fewstep/sampler/diffusers'
import axe from 'axe-core'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startBrowser, unavailable } from '../../../test/support/browser.ts'
import { startSite } from '../../../test/support/site.ts'
import { mainThreadTasks } from '../../../test/support/tasks.ts'
import { settingsOfPng } from '../src/image/png.ts'
import { psnr } from '../src/image/psnr.ts'
import { type BuiltPage, builtPage } from './support/built-page.ts'
import { tinyFiles } from './support/tiny-site.ts'
import { generate, imageOf, opened, settle, type Visit, visit } from './support/visit.ts'

type PageSite = {
  readonly url: string
  readonly files: ReadonlyMap<string, Uint8Array>
  close(): Promise<void>
}

describe.skipIf(unavailable !== undefined)(
  `the page in a browser${unavailable === undefined ? '' : ` (${unavailable})`}`,
  () => {
    let [built, browser]: [BuiltPage | undefined, Browser | undefined] = [undefined, undefined]
    const sites = new Set<PageSite>()

    beforeAll(async () => {
      built = await builtPage()
      browser = await startBrowser()
    })

    afterAll(async () => {
      await browser?.close()
      for (const site of sites) await site.close()
      await built?.remove()
    })

    /** The page with its own model, or with the tiny one. */
    async function site(
      options: { readonly path?: string; readonly isolated?: boolean; readonly tiny?: boolean } = {},
    ): Promise<PageSite> {
      const { path = '/', isolated = true, tiny = false } = options
      const files = tiny ? await tinyFiles(`${path}model/`) : new Map<string, Uint8Array>()
      const started = await startSite({ folders: { [path]: built!.folder }, files, isolated })
      const site: PageSite = {
        url: new URL(path, started.url).href,
        files,
        close() {
          sites.delete(site)
          return started.close()
        },
      }
      sites.add(site)
      return site
    }

    const open = (url: string): Promise<Visit> => visit(browser!, url)

    describe('with its own model, under a path, on a host without headers', () => {
      let [home, guest, own]: [string, Visit | undefined, Image | undefined] = ['', undefined, undefined]
      const asked = { prompt: 'a red heart', steps: 3, guidance: 2, seed: 11 }
      let host: PageSite | undefined

      beforeAll(async () => {
        host = await site({ path: '/some/path/', isolated: false })
        home = host.url
        guest = await open(home)
        const runtime = nodeRuntime()
        const pipe = await textToImage(directory(model), { runtime })
        const recipe = chooseRecipe(pipe.schedulerConfig, {
          solver: { name: 'dpmpp-2m' },
          schedule: { name: 'trailing' },
        })
        const images = await pipe.generate(asked.prompt, { ...asked, recipe })
        own = images[0]
        await runtime.dispose()
      })

      afterAll(async () => {
        await guest?.context.close()
      })

      test('it is there before the model is', async () => {
        const { page } = guest!
        await page.getByRole('button', { name: 'Generate' }).waitFor()
        await page.getByRole('progressbar', { name: 'Opening the model' }).waitFor()
        await opened(page)
      })

      test('its service worker gives it threads', async () => {
        const { page } = guest!
        expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
        expect(await page.locator('footer').textContent()).toMatch(/WebAssembly on [2-9] threads/)
      })

      test('a person types and draws: the image is the one of Node, and the page stays free', async () => {
        const { page } = guest!
        await settle(page, { Prompt: asked.prompt, Seed: '11', Steps: '3', Guidance: '2' })
        await page.getByLabel('Solver', { exact: true }).selectOption('dpmpp-2m')
        await page.getByLabel('Schedule', { exact: true }).selectOption('trailing')
        await browser!.startTracing(page, { categories: ['toplevel'] })
        await generate(page)
        const tasks = mainThreadTasks(await browser!.stopTracing())
        expect(tasks.length).toBeGreaterThan(10)
        expect(tasks.filter(milliseconds => milliseconds > 50)).toEqual([])
        expect(psnr(await imageOf(page, /^Image: “a red heart”, seed 11/), own!)).toBeGreaterThanOrEqual(45)
      })

      test('the PNG carries the settings, and the link draws the same image', async () => {
        const { page, context } = guest!
        const download = page.waitForEvent('download')
        await page.getByRole('button', { name: 'Download PNG' }).click()
        const file = await download
        expect(file.suggestedFilename()).toBe('a-red-heart-11.png')
        const settings = { ...asked, negative: '', solver: 'dpmpp-2m', schedule: 'trailing', caches: [] }
        expect(settingsOfPng(new Uint8Array(await readFile(await file.path())))).toEqual(settings)

        await context.grantPermissions(['clipboard-read', 'clipboard-write'])
        await page.getByRole('button', { name: 'Copy link' }).click()
        await page.getByText('The link is copied').waitFor()
        const link = await page.evaluate(() => navigator.clipboard.readText())
        const before = await imageOf(page, /^Image: “a red heart”/)
        const other = await context.newPage()
        await other.goto(link)
        await other
          .locator('.stage .status')
          .getByText(/evaluations? ·/)
          .waitFor({ timeout: 60_000 })
        expect(await imageOf(other, /^Image: “a red heart”, seed 11/)).toEqual(before)
        await other.close()
      })

      test('drawing is stopped in the middle, and begun again', async () => {
        const { page } = guest!
        await settle(page, { Steps: '60' })
        const drawn = await page.locator('.history li').count()
        await page.getByRole('button', { name: 'Generate' }).click()
        await page
          .locator('.stage .status')
          .getByText(/^Step \d/)
          .waitFor()
        await page.getByRole('button', { name: 'Stop' }).click()
        await page
          .locator('.stage .status')
          .getByText(/^Stopped after step \d+ of 60$/)
          .waitFor()
        await settle(page, { Steps: '2' })
        await generate(page)
        expect(await page.locator('.history li').count()).toBe(drawn + 1)
      })

      test('without the site it still loads, and draws', async () => {
        const { page } = guest!
        await host!.close()
        await page.reload()
        await opened(page)
        await page.getByRole('button', { name: 'Generate' }).waitFor()
        await settle(page, { Steps: '1', Guidance: '1' })
        await generate(page)
      })

      test('nothing was asked of any other site, and nothing went wrong', () => {
        const others = guest!.requests.filter(url => !url.startsWith(home) && !/^(blob|data):/.test(url))
        expect(others).toEqual([])
        expect(guest!.complaints).toEqual([])
      })
    })

    describe('with a tiny model', () => {
      let [home, guest, host]: [string, Visit | undefined, PageSite | undefined] = ['', undefined, undefined]

      beforeAll(async () => {
        host = await site({ tiny: true })
        home = host.url
        guest = await open(home)
        await opened(guest.page)
      })

      afterAll(async () => {
        await guest?.context.close()
      })

      test('a solver that chooses its steps as it goes draws, and says how many evaluations it took', async () => {
        const { page } = guest!
        await page.getByLabel('Solver', { exact: true }).selectOption('dpm-adaptive')
        await page.getByText('This solver chooses its steps as it goes').waitFor()
        await generate(page)
        expect(await page.locator('.stage .status').textContent()).toMatch(/^\d+ evaluations ·/)
      })

      test('settings that make no image are named where they are set', async () => {
        const { page } = guest!
        await settle(page, { Steps: '0' })
        await page.getByText('A whole number from 1 to 1000', { exact: true }).waitFor()
        await page.getByText('Steps must be a whole number from 1 to 1000, not “0”.').waitFor()
        await settle(page, { Steps: '2', Prompt: ' ' })
        await page.getByText('Say what to draw').waitFor()
        expect(await page.getByRole('button', { name: 'Generate' }).isDisabled()).toBe(true)
        await settle(page, { Prompt: 'a red apple' })
        await page.evaluate(() => {
          location.hash = '#generate?prompt=x&steps=-3&solver=ddimm'
        })
        await page.getByText(/The link says steps = “-3”/).waitFor()
        await page.getByText(/ddimm is unknown, did you mean ddim/).waitFor()
        await page.getByRole('button', { name: 'Close' }).click()
      })

      test('a negative prompt that is not used is named before anything is drawn', async () => {
        const { page } = guest!
        const words = page.getByText(/^The negative prompt has no effect at guidance 0.5, since/)
        await page.goto(`${home}#generate?prompt=x&negative=y&steps=2&guidance=0.5&solver=ddim`)
        await words.waitFor()
        await settle(page, { Guidance: '2' })
        await words.waitFor({ state: 'detached' })
        await page.goto(`${home}#race?prompt=x&negative=y&guidance=0.5&solvers=ddim`)
        await words.waitFor()
        await page.goto(`${home}#compare?prompt=x&negative=y&left.guidance=2&right.guidance=0.5`)
        await page.getByText(/^Lane B: the negative prompt has no effect at guidance 0.5, since/).waitFor()
        // Negative prompts are kept from view to view.
        await page.goto(`${home}#generate?prompt=x&steps=2&guidance=2&solver=ddim`)
      })

      test("a link with another program's names says what they are, and draws", async () => {
        const page = await guest!.context.newPage()
        await page.goto(`${home}#generate?prompt=x&steps=2&guidance=2&solver=dpmpp_2m&schedule=karras&draw=1`)
        await page
          .locator('.stage .status')
          .getByText(/^2 evaluations ·/)
          .waitFor({ timeout: 60_000 })
        expect(await page.getByLabel('Solver', { exact: true }).inputValue()).toBe('dpmpp_2m')
        await page.getByText('ComfyUI’s name for dpmpp-2m').waitFor()
        await page.close()
      })

      test('two lanes are compared: distance, evaluations, work, timetable, weights by keyboard', async () => {
        const { page } = guest!
        await page.goto(
          `${home}#compare?prompt=a+red+apple&seed=3&left.steps=3&left.solver=heun&left.guidance=3&right.steps=4&right.solver=dpmpp-2m&right.guidance=3&right.cache=deepcache:interval%3D2`,
        )
        await page.getByRole('button', { name: 'Draw both' }).click()
        await page
          .locator('.between .figure')
          .getByText(/dB|equal/)
          .waitFor({ timeout: 60_000 })
        const [a, b] = [await imageOf(page, /^Lane A: “a red apple”/), await imageOf(page, /^Lane B: “a red apple”/)]
        const distance = psnr(a, b)
        expect(await page.locator('.between .figure').textContent()).toBe(`${distance.toFixed(1)} dB`)
        const lane = page.getByRole('region', { name: 'Lane B' })
        expect(await lane.locator('dd').first().textContent()).toBe('4')
        await lane
          .getByText(/^\d+ %$/)
          .first()
          .waitFor({ timeout: 60_000 })
        const cells = page.getByRole('group', { name: 'Evaluations of Lane B' }).getByRole('button')
        expect(await cells.evaluateAll(all => all.map(cell => cell.getAttribute('aria-label')))).toEqual([
          'Evaluation 1, step 1: the whole model, two conditions',
          'Evaluation 2, step 2: deep features reused, two conditions',
          'Evaluation 3, step 3: the whole model, two conditions',
          'Evaluation 4, step 4: deep features reused, two conditions',
        ])
        // Two evaluations a step.
        await page.getByRole('group', { name: 'Evaluations of Lane A' }).getByRole('button').first().focus()
        for (const _ of [1, 2, 3, 4]) await page.keyboard.press('ArrowRight')
        await page.getByText('Lane A, step 3 of 3, heun').waitFor()
        await cells.first().focus()
        await page.keyboard.press('ArrowRight')
        await page.getByText('Lane B, step 2 of 4, dpmpp-2m').waitFor()
        expect(await page.locator('.weights tbody').first().locator('th').allInnerTexts()).toEqual(['x', 'D2', 'D1'])
      })

      test('solvers race to the converged image', async () => {
        const { page } = guest!
        await page.goto(`${home}#race?prompt=a+red+apple&seed=3&guidance=1&solvers=ddim+unipc-2`)
        await page.getByRole('button', { name: 'Start the race' }).click()
        await page.getByText('8 of 8 drawn').waitFor({ timeout: 60_000 })
        expect(await page.locator('.race-grid .distance').allInnerTexts()).toHaveLength(8)
        expect(await page.locator('.race-grid .best').count()).toBeGreaterThanOrEqual(4)
      })

      test('on another device the image is the same', async () => {
        const { page } = guest!
        await page.goto(`${home}#generate?prompt=a+red+apple&seed=5&steps=2&guidance=1&solver=ddim`)
        await generate(page)
        const before = await imageOf(page, /^Image: “a red apple”, seed 5/)
        await page.getByLabel('Device').selectOption('webgpu')
        await page
          .locator('footer')
          .getByText(/WebGPU:/)
          .waitFor({ timeout: 60_000 })
        await generate(page)
        const after = await imageOf(page, /^Image: “a red apple”, seed 5/)
        expect(psnr(before, after)).toBeGreaterThanOrEqual(40)
        await page.getByLabel('Device').selectOption('wasm')
        await page
          .locator('footer')
          .getByText(/WebAssembly on/)
          .waitFor({ timeout: 60_000 })
      })

      test('an address without a model and a broken folder are explained, and a good one is used', async () => {
        const { page } = guest!
        await page.getByRole('link', { name: 'Your model' }).click()
        const look = async (address: string): Promise<void> => {
          await page.getByLabel('Or its address').fill(address)
          await page.getByRole('button', { name: 'Look at it' }).click()
        }
        await look('https://')
        await page.getByText(/Give the address of a folder/).waitFor()
        await look(`${home}nowhere/`)
        await page.getByText('Choose the folder that these lie in').waitFor()
        const folder = await mkdtemp(join(tmpdir(), 'fewstep-broken-'))
        try {
          for (const [path, bytes] of host!.files) {
            const file = join(folder, path.replace('/model/', ''))
            await mkdir(dirname(file), { recursive: true })
            await writeFile(file, path.endsWith('unet/model.onnx') ? bytes.subarray(0, 500) : bytes)
          }
          await page.locator('input[type="file"]').setInputFiles(folder)
          await page.getByText('It cannot run here, for these reasons').waitFor()
          await page.getByText(/unet\/model.onnx cannot be read/).waitFor()
        } finally {
          await rm(folder, { recursive: true })
        }
        await look(`${home}model/`)
        await page.getByText('It should run here').waitFor()
        await page.getByRole('button', { name: 'Use this model' }).click()
        await opened(page)
        await generate(page)
      })

      test.each(['light', 'dark'] as const)(
        'every view is accessible, %s, and as narrow as a phone',
        async colorScheme => {
          const { page } = guest!
          await page.emulateMedia({ colorScheme })
          await page.setViewportSize({ width: 390, height: 844 })
          for (const view of ['Generate', 'Compare', 'Race', 'Your model']) {
            await page.getByRole('link', { name: view }).click()
            await page.getByRole('heading', { level: 1, name: view }).waitFor()
            expect(await page.evaluate(() => document.documentElement.scrollWidth), view).toBeLessThanOrEqual(390)
            await page.addScriptTag({ content: axe.source })
            const { violations } = await page.evaluate(() => Reflect.get(window, 'axe').run())
            expect(
              violations.map((each: { id: string; nodes: { html: string }[] }) => [each.id, each.nodes[0]?.html]),
              view,
            ).toEqual([])
          }
        },
      )

      test('it can be installed, and loads and draws without the site after the first visit', async () => {
        const { page, context } = guest!
        const session = await context.newCDPSession(page)
        expect((await session.send('Page.getInstallabilityErrors')).installabilityErrors).toEqual([])
        await page.waitForFunction(async () => (await (await caches.open('fewstep-runtime')).keys()).length > 0)
        await host!.close()
        await page.goto(`${home}#generate?prompt=a+red+apple&seed=5&steps=2&guidance=1&solver=ddim`)
        await page.reload()
        await opened(page)
        await generate(page)
      })

      test('nothing went wrong meanwhile', () => {
        // A folder that is not there was asked for.
        expect(guest!.complaints.filter(words => !/404|nowhere/.test(words))).toEqual([])
      })
    })
  },
)
