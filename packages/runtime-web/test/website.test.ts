import type { BrowserContext, Page } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { unavailable } from '../../../test/support/browser.ts'
import { type Site, startSite } from '../../../test/support/site.ts'
import { bytesOf, listOf, sha256 } from './support/files.ts'
import { pages, visit } from './support/pages.ts'

const part = 16 * 2 ** 20
const large = bytesOf(1, 40_000_000)
const other = bytesOf(2, 40_000_000)
const small = bytesOf(3, 1000)

describe.skipIf(unavailable)('website', () => {
  const on = pages(new URL('pages/fewstep.ts', import.meta.url))
  let files: Map<string, Uint8Array | string>
  let site: Site
  let context: BrowserContext
  let page: Page

  const start = async (options: { readonly ranges?: boolean } = {}): Promise<void> => {
    files = new Map<string, Uint8Array | string>([
      ['/model/large.bin', large],
      ['/model/deep/small.bin', small],
    ])
    site = await startSite({ folders: { '/': on.folder }, files, ...options })
    ;({ context, page } = await visit(on.browser, site.url))
  }
  beforeEach(() => start())
  afterEach(async () => {
    await context.close()
    await site.close()
  })

  /** Requests for a file since the latest call. */
  const asked = (path: string): string[] =>
    site.requests
      .splice(0)
      .filter(request => request.path === path)
      .map(({ method, range }) => (range === undefined ? method : `${method} ${range}`))

  /** Reads a file with a new folder and returns the hash of the bytes, or the error. */
  const read = (path: string, hashes?: Readonly<Record<string, string>> | string) =>
    page.evaluate(
      async ([path, hashes]) => {
        const progress: [number, number | undefined][] = []
        const notes: string[] = []
        const folder = globalThis.fewstep.website('model', {
          ...(hashes === undefined ? {} : { hashes }),
          onProgress: ({ loaded, total }) => progress.push([loaded, total]),
          onNote: note => notes.push(note),
        })
        try {
          const [hash] = await globalThis.fewstep.digests(folder, [path])
          return { hash, progress, notes }
        } catch (error) {
          return { error: (error as Error).message, ours: error instanceof globalThis.fewstep.RuntimeWebError, notes }
        }
      },
      [path, hashes] as const,
    )

  test('a file is fetched once, with progress, and then stored', async () => {
    const first = await read('large.bin')
    expect(first).toMatchObject({ hash: sha256(large), notes: [] })
    const loaded = first.progress!.map(([bytes]) => bytes)
    expect(loaded.toSorted((a, b) => a - b)).toEqual(loaded)
    expect(first.progress!.at(-1)).toEqual([large.length, large.length])
    expect(asked('/model/large.bin')).toEqual(['GET'])
    await page.reload()
    expect(await read('large.bin')).toMatchObject({ hash: sha256(large), progress: [] })
    expect(asked('/model/large.bin')).toEqual([])
  })

  test('a file that a folder reads twice at once is fetched once', async () => {
    const paths = ['large.bin', 'large.bin', 'deep/small.bin']
    const hashes = await page.evaluate(
      paths => globalThis.fewstep.digests(globalThis.fewstep.website('model/'), paths),
      paths,
    )
    expect(hashes).toEqual([sha256(large), sha256(large), sha256(small)])
    expect(asked('/model/large.bin')).toEqual(['GET'])
  })

  test.each([1_000_000, 20_000_000])('a download resumes after a connection that drops after %d bytes', async after => {
    site.drop('/model/large.bin', after)
    expect(await read('large.bin')).toMatchObject({ hash: sha256(large) })
    const [first, second, ...more] = asked('/model/large.bin')
    expect([first, more]).toEqual(['GET', []])
    const [, from] = /^GET bytes=(\d+)-$/.exec(second!)!
    // The bytes that the browser had received when the connection dropped.
    expect(Number(from)).toBeGreaterThan(0)
    expect(Number(from)).toBeLessThanOrEqual(after)
  })

  test('a download resumes from the parts that an earlier visit has stored', async () => {
    const error = await page.evaluate(async () => {
      const control = new AbortController()
      const folder = globalThis.fewstep.website('model', {
        signal: control.signal,
        onProgress: ({ loaded }) => {
          if (loaded > 2.1 * 16 * 2 ** 20) control.abort(new Error('enough'))
        },
      })
      return folder.read('large.bin').then(
        () => undefined,
        (error: Error) => error.message,
      )
    })
    expect(error).toBe('enough')
    expect(asked('/model/large.bin')).toEqual(['GET'])
    await page.reload()
    expect(await read('large.bin', { 'large.bin': sha256(large) })).toMatchObject({ hash: sha256(large) })
    expect(asked('/model/large.bin')).toEqual([`GET bytes=${2 * part}-`])
  })

  test('a file that changed since a connection dropped is fetched from its start', async () => {
    site.drop('/model/large.bin', 20_000_000)
    const reading = read('large.bin')
    await expect.poll(() => site.requests.some(({ path }) => path === '/model/large.bin')).toBe(true)
    files.set('/model/large.bin', other)
    expect(await reading).toMatchObject({ hash: sha256(other) })
  })

  test('from a server that does not send parts of files, the complete file is fetched again', async () => {
    await context.close()
    await site.close()
    await start({ ranges: false })
    site.drop('/model/large.bin', 20_000_000)
    expect(await read('large.bin')).toMatchObject({ hash: sha256(large) })
    expect(asked('/model/large.bin')).toHaveLength(2)
  })

  test('a connection that drops again and again is an error that says how far the download got', async () => {
    for (let i = 0; i < 10; i++) site.drop('/model/deep/small.bin', 0)
    const { error, ours } = await read('deep/small.bin')
    expect(error).toMatch(/deep\/small\.bin.*(lost after|cannot be reached).*try again/)
    expect(ours).toBe(true)
  })

  test('a file with a wrong hash is refused and not stored, and the right file is accepted later', async () => {
    const hashes = { 'large.bin': sha256(other) }
    const { error } = await read('large.bin', hashes)
    expect(error).toMatch(new RegExp(`large\\.bin: its SHA-256 is ${sha256(large)}, not ${sha256(other)} as listed`))
    files.set('/model/large.bin', other)
    asked('')
    expect(await read('large.bin', hashes)).toMatchObject({ hash: sha256(other) })
    expect(asked('/model/large.bin')).toEqual(['GET'])
  })

  test('missing files are reported, also if the server sends a page instead', async () => {
    await page.route('**/page.onnx', route => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }))
    expect(await read('none.bin')).toMatchObject({ error: expect.stringMatching(/none\.bin.*404.*no such file/) })
    expect(await read('page.onnx')).toMatchObject({ error: expect.stringMatching(/page\.onnx is a web page/) })
    const there = await page.evaluate(async () => {
      const folder = globalThis.fewstep.website('model')
      return Promise.all(['none.bin', 'page.onnx', 'deep/small.bin', 'large.bin'].map(path => folder.has(path)))
    })
    expect(there).toEqual([false, false, true, true])
    expect(await read('../secret')).toMatchObject({ error: expect.stringMatching(/outside of the folder/) })
  })

  test('a server that is out of order does not make a file missing, and is asked again', async () => {
    const has = () =>
      page.evaluate(async () => {
        const kept = globalThis as { folder?: ReturnType<typeof globalThis.fewstep.website> }
        kept.folder ??= globalThis.fewstep.website('model')
        return Promise.resolve(kept.folder.has('deep/small.bin')).catch((error: Error) => error.message)
      })
    await page.route('**/small.bin', route => route.fulfill({ status: 503 }))
    expect(await has()).toMatch(/small\.bin: the server answers 503; try again later/)
    await page.unroute('**/small.bin')
    expect(await has()).toBe(true)
  })

  test('offline, fetched files exist, and files found missing before are missing', async () => {
    await page.route('**/page.onnx', route => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }))
    const visitFolder = () =>
      page.evaluate(async () => {
        const folder = globalThis.fewstep.website('model')
        const has = await Promise.all(['deep/small.bin', 'none.bin', 'page.onnx'].map(path => folder.has(path)))
        return { has, hashes: await globalThis.fewstep.digests(folder, ['deep/small.bin', 'large.bin']) }
      })
    const expected = { has: [true, false, false], hashes: [sha256(small), sha256(large)] }
    expect(await visitFolder()).toEqual(expected)
    await page.unrouteAll()
    await context.setOffline(true)
    expect(await visitFolder()).toEqual(expected)
    const { error } = await read('never.bin')
    expect(error).toMatch(/never\.bin cannot be reached.*try again/)
  })

  test('the stored bytes of a folder are counted and can be deleted', async () => {
    const sizes = await page.evaluate(async () => {
      const folder = globalThis.fewstep.website('model')
      const sizes = [await folder.stored()]
      await folder.download(['deep/small.bin', 'large.bin'])
      sizes.push(await folder.stored())
      await folder.evict()
      sizes.push(await folder.stored())
      await folder.read('large.bin')
      return sizes
    })
    expect([sizes[0], sizes[2]]).toEqual([0, 0])
    expect(sizes[1]).toBeGreaterThanOrEqual(large.length + small.length)
    expect(sizes[1]).toBeLessThan(large.length + small.length + 1000)
    expect(asked('/model/large.bin')).toEqual(['GET', 'GET'])
  })

  test('if the quota is used up, files are held in memory, and a note says so', async () => {
    const session = await context.newCDPSession(page)
    await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(site.url).origin, quotaSize: 20_000_000 })
    const { hash, notes } = await read('large.bin')
    expect(hash).toBe(sha256(large))
    expect(notes).toEqual([expect.stringMatching(/stores no more.*large\.bin is held in memory.*free some space/)])
    // Small files still fit, and the stored part is used the next time.
    expect(await read('deep/small.bin')).toMatchObject({ hash: sha256(small), notes: [] })
    await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(site.url).origin })
    asked('')
    expect(await read('large.bin')).toMatchObject({ hash: sha256(large), notes: [] })
    expect(asked('/model/large.bin')).toEqual([`GET bytes=${part}-`])
  })

  test('if there is no cache, files are held in memory, and a note says so', async () => {
    await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'caches'))
    await page.reload()
    const { hash, notes } = await read('deep/small.bin')
    expect([hash, notes]).toEqual([sha256(small), [expect.stringMatching(/nothing of .* is stored.*https/)]])
  })

  describe('with a list of hashes', () => {
    const listed = { 'large.bin': large, 'deep/small.bin': small }

    test('listed files are checked and downloaded together, and other files count as missing', async () => {
      files.set('/model/SHA256SUMS', listOf(listed))
      files.set('/model/extra.bin', small)
      const there = await page.evaluate(async () => {
        const folder = globalThis.fewstep.website('model', { hashes: 'SHA256SUMS' })
        await folder.download()
        return Promise.all(['large.bin', 'deep/small.bin', 'extra.bin'].map(path => folder.has(path)))
      })
      expect(there).toEqual([true, true, false])
      await context.setOffline(true)
      expect(await read('large.bin', 'SHA256SUMS')).toMatchObject({ hash: sha256(large) })
      expect(await read('extra.bin', 'SHA256SUMS')).toMatchObject({ error: expect.stringMatching(/does not name it/) })
    })

    test('after the list has changed, changed files are fetched again', async () => {
      files.set('/model/SHA256SUMS', listOf(listed))
      await read('large.bin', 'SHA256SUMS')
      await read('deep/small.bin', 'SHA256SUMS')
      files.set('/model/large.bin', other)
      files.set('/model/SHA256SUMS', listOf({ ...listed, 'large.bin': other }))
      site.requests.splice(0)
      expect(await read('large.bin', 'SHA256SUMS')).toMatchObject({ hash: sha256(other) })
      expect(await read('deep/small.bin', 'SHA256SUMS')).toMatchObject({ hash: sha256(small) })
      expect(site.requests.map(({ path }) => path)).toEqual([
        '/model/SHA256SUMS',
        '/model/large.bin',
        '/model/SHA256SUMS',
      ])
    })

    test.each([
      ['<p>hello</p>', /SHA256SUMS: line 1 is no line of sha256sum.*<p>hello/],
      ['\n', /SHA256SUMS: the list of hashes is empty/],
      [undefined, /SHA256SUMS, the list of hashes, is not there \(the server answers 404\)/],
    ])('text that is not a list of hashes is refused: %j', async (text, problem) => {
      if (text !== undefined) files.set('/model/SHA256SUMS', text)
      expect(await read('large.bin', 'SHA256SUMS')).toMatchObject({ error: expect.stringMatching(problem), ours: true })
    })
  })
})
