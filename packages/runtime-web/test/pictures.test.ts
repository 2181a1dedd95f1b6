import { model } from '@fewstep/model-emoji'
import { type GenerateOptions, type Image, type TextToImage, textToImage } from '@fewstep/pipelines'
import type { Folder } from '@fewstep/runtime'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import type { WebRuntime } from '@fewstep/runtime-web'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { unavailable } from '../../../test/support/browser.ts'
import { type Site, startSite } from '../../../test/support/site.ts'
import { mainThreadTasks } from '../../../test/support/tasks.ts'
import { tinyFolder } from '../../../test/support/tiny-folder.ts'
import { psnr } from '../../pipelines/test/support/reference.ts'
import { type Caches, caches } from './support/caches.ts'
import { filesOf } from './support/files.ts'
import { pages, visit } from './support/pages.ts'

type Drawn = {
  readonly pixels: readonly number[]
  readonly evaluations: number
  /** The copies for this image, and the values left afterwards. */
  readonly uploads: number
  readonly downloads: number
  readonly values: number
}

describe.skipIf(unavailable)('an image in the page', () => {
  const on = pages(new URL('pages/fewstep.ts', import.meta.url))
  let site: Site
  let page: Page

  beforeAll(async () => {
    const tiny = await filesOf(tinyFolder(), '/tiny/')
    site = await startSite({ folders: { '/': on.folder, '/model/': model, '/tiny/': model }, files: tiny })
    ;({ page } = await visit(on.browser, site.url))
  })
  afterAll(() => site?.close())

  /** Generates an image for each of the options, one after the other. The page's pipeline stays open for the next test. */
  const draw = (
    folder: string,
    device: 'wasm' | 'webgpu',
    requests: readonly GenerateOptions[],
    names: Caches,
  ): Promise<readonly Drawn[]> =>
    page.evaluate(
      async ([folder, device, requests, names]) => {
        const { textToImage, webRuntime, website, caches } = globalThis.fewstep
        const kept = globalThis as { [place: `${string} on ${string}`]: Promise<[WebRuntime, TextToImage]> }
        kept[`${folder} on ${device}`] ??= webRuntime({ device, threads: 2 }).then(async runtime => [
          runtime,
          await textToImage(website(folder), { runtime }),
        ])
        const [runtime, pipe] = await kept[`${folder} on ${device}`]!
        const drawn: Drawn[] = []
        for (const options of requests) {
          const before = await runtime.usage()
          const [image] = await pipe.generate('a star', { ...options, cachers: caches[names] })
          const { uploads, downloads, values } = await runtime.usage()
          drawn.push({
            pixels: Array.from(image!.data),
            evaluations: image!.evaluations,
            uploads: uploads - before.uploads,
            downloads: downloads - before.downloads,
            values,
          })
        }
        return drawn
      },
      [folder, device, requests, names] as const,
    )

  const inNode = async (folder: Folder, options: GenerateOptions, names: Caches): Promise<Image> => {
    const runtime = nodeRuntime({ threads: 1 })
    try {
      const pipe = await textToImage(folder, { runtime, cachers: caches[names] })
      const [image] = await pipe.generate('a star', options)
      return image!
    } finally {
      await runtime.dispose()
    }
  }

  // Opening graphs in a browser takes long on a busy machine.
  test.each(Object.keys(caches) as Caches[])(
    'on wasm, with %s: that of Node, and the page stays free',
    { timeout: 300_000 },
    async names => {
      const options = { steps: 4, seed: 7 }
      const theirs = await inNode(directory(model), options, names)
      await on.browser.startTracing(page, { categories: ['toplevel'] })
      const [ours] = await draw('model', 'wasm', [options], names)
      const tasks = mainThreadTasks(await on.browser.stopTracing())
      expect(psnr(ours!.pixels, theirs.data)).toBeGreaterThanOrEqual(45)
      expect(ours!.evaluations).toBe(theirs.evaluations)
      expect(tasks.length).toBeGreaterThan(10)
      expect(tasks.filter(milliseconds => milliseconds > 50)).toEqual([])
    },
  )

  const small = { seed: 3, guidance: 4, width: 8, height: 8 }

  // SwiftShader takes seconds for every shader that it compiles.
  test.each([
    ['none', 3],
    ['deepCache, tGate', 5],
    ['freeU', 7],
  ] as const)(
    'on webgpu, with %s: that of Node, on the GPU all the way',
    { timeout: 400_000 },
    async (names, numbers) => {
      const [three, five] = await draw(
        'tiny',
        'webgpu',
        [3, 5].map(steps => ({ ...small, steps })),
        names,
      )
      const theirs = await inNode(tinyFolder(), { ...small, steps: 3 }, names)
      expect(psnr(three!.pixels, theirs.data)).toBeGreaterThanOrEqual(40)
      // Only the image is copied back, whatever the number of steps.
      expect([three!.downloads, five!.downloads]).toEqual([1, 1])
      // Another step sends numbers but no latents: its timestep, the weights of two sums, gates, FreeU's four strengths.
      expect(five!.uploads - three!.uploads).toBeLessThanOrEqual(2 * numbers)
      expect([three!.values, five!.values]).toEqual([0, 0])
    },
  )
})
