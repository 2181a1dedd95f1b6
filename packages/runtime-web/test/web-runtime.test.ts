import type { Session, Value } from '@fewstep/runtime'
import type { WebRuntime, WebRuntimeOptions } from '@fewstep/runtime-web'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { unavailable } from '../../../test/support/browser.ts'
import { type Site, startSite } from '../../../test/support/site.ts'
import { externalModel, foursModel, identityModel } from './support/files.ts'
import { pages, visit } from './support/pages.ts'

const ort = new URL('../node_modules/onnxruntime-web/dist/', import.meta.url)
const numbers = Float32Array.from({ length: 4_000_000 }, (_, i) => i % 1000)
const { model, weights } = externalModel(numbers)

describe.skipIf(unavailable)('webRuntime', () => {
  const on = pages(new URL('pages/fewstep.ts', import.meta.url))
  const files = new Map<string, Uint8Array>([
    ['/model/unet/model.onnx', model],
    ['/model/unet/weights.bin', weights],
    ['/model/identity.onnx', identityModel()],
    ['/model/fours.onnx', foursModel()],
    ['/model/half.onnx', model.subarray(0, 100)],
  ])
  let sites: Record<'isolated' | 'plain' | 'elsewhere', Site>
  let context: BrowserContext
  let page: Page

  beforeAll(async () => {
    const folders = { '/': on.folder, '/ort/': ort, '/a/sub path/': on.folder }
    sites = {
      isolated: await startSite({ folders, files }),
      plain: await startSite({ folders, files, isolated: false }),
      elsewhere: await startSite({ folders: { '/a/sub path/': on.folder, '/a/sub path/ort/': ort }, files }),
    }
  })
  afterAll(() => Promise.all(Object.values(sites).map(site => site.close())))
  afterEach(() => context.close())

  const go = async (to: keyof typeof sites, path = ''): Promise<void> => {
    ;({ context, page } = await visit(on.browser, sites[to].url + path))
  }
  const made = (options: WebRuntimeOptions) =>
    page.evaluate(async options => {
      try {
        const runtime = await globalThis.fewstep.webRuntime(options)
        const { device, reason, threads, hints } = runtime
        await runtime.dispose()
        return { device, reason, threads, hints }
      } catch (error) {
        return { error: (error as Error).message }
      }
    }, options)

  describe('the device', () => {
    /** What the browser's `navigator.gpu` gives instead. */
    const gpus: readonly [where: string, gpu: string, chosen: object][] = [
      ['with no WebGPU', 'undefined', { device: 'wasm', reason: 'this browser has no WebGPU' }],
      [
        'with no GPU',
        '{ requestAdapter: async () => null }',
        { device: 'wasm', reason: expect.stringMatching(/no GPU/) },
      ],
      [
        'with a GPU that fails',
        '{ requestAdapter: async () => { throw new Error("no driver") } }',
        { device: 'wasm', reason: expect.stringMatching(/no driver/) },
      ],
      [
        'with a GPU of software',
        '{ requestAdapter: async () => ({ info: { vendor: "google", architecture: "swiftshader", isFallbackAdapter: true } }) }',
        { device: 'wasm', reason: expect.stringMatching(/made of software \(google swiftshader\)/) },
      ],
      [
        'with a GPU',
        '{ requestAdapter: async () => ({ info: { vendor: "acme", architecture: "gen-7", description: "" } }) }',
        { device: 'webgpu', reason: 'the GPU is acme gen-7', threads: 1 },
      ],
    ]
    test.each(gpus)('is chosen by what is there: in a browser %s', async (_, gpu, chosen) => {
      await go('isolated')
      await page.evaluate(`Object.defineProperty(navigator, 'gpu', { value: ${gpu} })`)
      expect(await made({})).toMatchObject(chosen)
    })

    test('that is not there is refused with what works', async () => {
      await go('isolated')
      expect(await made({ device: 'webnn' as 'wasm' })).toEqual({
        error: expect.stringMatching(/no device webnn.*webgpu, wasm or auto/),
      })
      await page.evaluate(`Object.defineProperty(navigator, 'gpu', { value: undefined })`)
      expect(await made({ device: 'webgpu' })).toEqual({
        error: expect.stringMatching(/webgpu does not work here \(this browser has no WebGPU\); what works: wasm/),
      })
    })
  })

  test('threads are those asked for where the page is isolated, else one, with a hint', async () => {
    await go('isolated')
    expect(await made({ device: 'wasm', threads: 3 })).toMatchObject({ threads: 3, hints: [] })
    expect(await made({ device: 'wasm', threads: 0 })).toEqual({ error: expect.stringMatching(/above 0, got 0/) })
    const cores = await page.evaluate(() => navigator.hardwareConcurrency)
    expect(await made({ device: 'wasm' })).toMatchObject({ threads: Math.min(cores, 4), hints: [] })
    await context.close()
    await go('plain')
    expect(await made({ device: 'wasm', threads: 3 })).toMatchObject({
      threads: 1,
      hints: [expect.stringMatching(/one thread computes, of \d+.*Cross-Origin-Opener-Policy.*Cross-Origin-Embedder/)],
    })
    expect(await made({ device: 'wasm', threads: 1 })).toMatchObject({ threads: 1, hints: [] })
  })

  /** What a run of the identity gives, or what went wrong. */
  const identity = (options: WebRuntimeOptions) =>
    page.evaluate(async options => {
      const { webRuntime, website } = globalThis.fewstep
      const runtime = await webRuntime(options)
      try {
        const session = await runtime.open(await website(new URL('/model', location.href)).model('identity.onnx'))
        const { y } = await session.run({ x: { type: 'float32', shape: [2], data: Float32Array.of(1, 2) } })
        return { y: Array.from(y!.data as Float32Array) }
      } catch (error) {
        return { error: (error as Error).message }
      } finally {
        await runtime.dispose()
      }
    }, options)

  test('threads are really there: workers of the library beside that of the runtime', async () => {
    await go('isolated')
    const count = async (threads: number): Promise<number> => {
      const names: string[] = []
      const session = await context.newCDPSession(page)
      page.on('worker', worker => names.push(worker.url()))
      expect(await identity({ device: 'wasm', threads })).toEqual({ y: [1, 2] })
      await session.detach()
      page.removeAllListeners('worker')
      return names.length
    }
    expect(await count(1)).toBe(1)
    expect(await count(3)).toBe(3)
  })

  test.each(['wasm', 'webgpu'] as const)(
    "the library's files may lie elsewhere, as below a sub-path: %s",
    async device => {
      await go('elsewhere', encodeURI('a/sub path/'))
      sites.elsewhere.requests.splice(0)
      expect(await identity({ device, files: 'ort' })).toEqual({ y: [1, 2] })
      const fetched = sites.elsewhere.requests.map(({ path }) => path).filter(path => /\.wasm$/.test(path))
      expect(fetched).toEqual([expect.stringMatching(/^\/a\/sub path\/ort\/ort-wasm-simd-threaded.*\.wasm$/)])
    },
  )

  test('a library that is not where it should be is told so, and may be there later', async () => {
    await go('isolated')
    await page.route('**/ort/**', route => route.fulfill({ status: 404 }))
    const tryIt = () =>
      page.evaluate(async () => {
        const { webRuntime, website } = globalThis.fewstep
        const kept = globalThis as { runtime?: ReturnType<typeof webRuntime> }
        kept.runtime ??= webRuntime({ device: 'wasm', files: '/ort/' })
        const runtime = await kept.runtime
        const model = await website('/model').model('identity.onnx')
        return runtime.open(model).then(
          ({ inputs }) => inputs[0]!.name,
          (error: Error) => error.message,
        )
      })
    expect(await tryIt()).toMatch(/onnxruntime-web did not load: .*must lie in http.*\/ort\/, or set `files`/)
    await page.unroute('**/ort/**')
    expect(await tryIt()).toBe('x')
  })

  test('a worker whose script does not come is told so, and may come later', async () => {
    await go('isolated')
    await page.route('**/wasm-worker*.js', route => route.fulfill({ status: 404 }))
    expect(await identity({ device: 'wasm' })).toEqual({
      error: expect.stringMatching(/the worker failed: its script did not load; open the models again/),
    })
    await page.unroute('**/wasm-worker*.js')
    expect(await identity({ device: 'wasm' })).toEqual({ y: [1, 2] })
  })

  test('a worker that fails rejects what waits, and models can be opened again', async () => {
    await go('isolated')
    const outcomes = await page.evaluate(async () => {
      const workers: Worker[] = []
      const Real = globalThis.Worker
      globalThis.Worker = class extends Real {
        constructor(...given: ConstructorParameters<typeof Real>) {
          super(...given)
          workers.push(this)
        }
      }
      const { webRuntime, website } = globalThis.fewstep
      const runtime = await webRuntime({ device: 'wasm' })
      const open = async () => runtime.open(await website('/model').model('identity.onnx'))
      const x = { type: 'float32', shape: [1], data: Float32Array.of(1) } as const
      const session = await open()
      // No question, which nothing in the worker expects.
      workers[0]!.postMessage(null)
      const outcome = (asked: Promise<unknown>): Promise<string> =>
        asked.then(
          () => 'answered',
          (error: Error) => error.message,
        )
      // The worker answers some of them before it is known to have failed.
      const runs = Array.from({ length: 2000 }, () => session.run({ x }))
      const waiting = await Promise.all([...runs, runtime.usage()].map(outcome))
      const messages = [...waiting.slice(-2), await outcome(session.run({ x }))]
      await session.dispose()
      const { y } = await (await open()).run({ x })
      await runtime.dispose()
      return { messages, y: y!.data![0], workers: workers.length }
    })
    const failed = expect.stringMatching(/the worker failed: .*destructure.*open the models again/)
    expect(outcomes.messages).toEqual([failed, failed, failed])
    expect(outcomes).toMatchObject({ y: 1, workers: 2 })
  })

  test('weights beside a model are read by the worker alone, whether it comes from a website or was picked', async () => {
    await go('isolated')
    const outcome = await page.evaluate(async () => {
      const { webRuntime, website, picked } = globalThis.fewstep
      const runtime = await webRuntime({ device: 'wasm' })
      const site = website('/model')
      await site.download(['unet/model.onnx', 'unet/weights.bin'])
      const root = await navigator.storage.getDirectory()
      const folder = await root.getDirectoryHandle('unet', { create: true })
      for (const name of ['model.onnx', 'weights.bin']) {
        const writable = await (await folder.getFileHandle(name, { create: true })).createWritable()
        await writable.write(await ((await site.weights(`unet/${name}`)) as Blob).arrayBuffer())
        await writable.close()
      }
      const files = await Promise.all(
        ['model.onnx', 'weights.bin'].map(async name => {
          const file = await (await folder.getFileHandle(name)).getFile()
          Object.defineProperty(file, 'webkitRelativePath', { value: `chosen/unet/${name}` })
          return file
        }),
      )
      let readHere = 0
      const real = Blob.prototype.arrayBuffer
      Blob.prototype.arrayBuffer = function (this: Blob) {
        readHere += this.size
        return real.call(this)
      }
      const results: unknown[] = []
      for (const from of [site, picked(root), picked(files)]) {
        const session = await runtime.open(await from.model('unet/model.onnx'))
        const { y } = await session.run({ x: { type: 'float32', shape: [4e6], data: new Float32Array(4e6).fill(1) } })
        results.push([(y!.data as Float32Array)[999], (y!.data as Float32Array)[3_999_001]])
        await session.dispose()
      }
      await runtime.dispose()
      return { results, readHere }
    })
    expect(outcome).toEqual({ results: Array(3).fill([1000, 2]), readHere: 0 })
  })

  test('a picked folder names what it lacks, and is told by name', async () => {
    await go('isolated')
    const outcome = await page.evaluate(async () => {
      const { picked } = globalThis.fewstep
      const root = await navigator.storage.getDirectory()
      await root.getDirectoryHandle('empty', { create: true })
      const folder = picked(await root.getDirectoryHandle('empty'))
      const message = (error: Error) => error.message
      return [
        folder.name,
        await folder.has('unet/model.onnx'),
        await folder.read('unet/model.onnx').catch(message),
        await Promise.resolve()
          .then(() => picked([]))
          .catch(message),
      ]
    })
    expect(outcome).toEqual([
      'empty',
      false,
      'the folder empty has no unet/model.onnx',
      expect.stringMatching(/no files were picked; pick the folder/),
    ])
  })

  test('models that a page cannot open are refused with a remedy, and the next one opens', async () => {
    await go('isolated')
    const messages = await page.evaluate(async () => {
      const { webRuntime, website } = globalThis.fewstep
      const runtime = await webRuntime({ device: 'wasm' })
      const site = website('/model')
      const problems: string[] = []
      const refused = (error: Error) => void problems.push(error.message)
      await runtime.open({ path: 'unet/model.onnx' }).catch(refused)
      await runtime.open(await site.model('half.onnx')).catch(refused)
      const { blob } = (await site.model('unet/model.onnx')) as { readonly blob: Blob }
      await runtime.open({ blob, external: async () => new Uint8Array(9) }).catch(refused)
      await runtime.open({ blob, external: async name => Promise.reject(new Error(`no ${name}`)) }).catch(refused)
      const good = await runtime.open(await site.model('unet/model.onnx'))
      problems.push(good.inputs[0]!.name)
      await runtime.dispose()
      return problems
    })
    expect(messages).toEqual([
      expect.stringMatching(/a page has no file unet\/model\.onnx; open what website/),
      expect.stringMatching(/half\.onnx of 100 bytes: not a readable ONNX model/),
      expect.stringMatching(/weights\.bin are cut off: the model needs 16000000 bytes, there are 9/),
      expect.stringMatching(/weights\.bin are missing/),
      'x',
    ])
  })

  test('a GPU that is lost is told, and models can be opened again', async () => {
    await go('isolated')
    await page.evaluate(async () => {
      const { webRuntime, website } = globalThis.fewstep
      const runtime = await webRuntime({ device: 'webgpu' })
      const open = async () => runtime.open(await website('/model').model('identity.onnx'), { keep: 'all' })
      const session = await open()
      const x = { type: 'float32', shape: [2], data: Float32Array.of(1, 2) } as const
      const { y } = await session.run({ x })
      Object.assign(globalThis, { runtime, session, y, open, x })
    })
    const browserSession = await on.browser.newBrowserCDPSession()
    // The connection may be told before the browser answers.
    await browserSession.send('Browser.crashGpuProcess' as 'Browser.crash').catch(() => {})
    const outcome = await page.evaluate(async () => {
      type Global = {
        readonly runtime: WebRuntime
        readonly session: Session
        readonly y: Value
        readonly open: () => Promise<Session>
        readonly x: Value
      }
      const { runtime, session, y, open, x } = globalThis as unknown as Global
      const message = (error: Error) => error.message
      let lost: unknown
      while (typeof lost !== 'string') lost = await session.run({ x }).catch(message)
      const old = await Promise.resolve(runtime.ops.read(y)).catch(message)
      let again: Session | string = ''
      // The browser needs a moment for a GPU of its own again.
      for (let i = 0; i < 50; i++) {
        again = await open().catch(message)
        if (typeof again !== 'string') break
        await new Promise(resolve => setTimeout(resolve, 200))
      }
      if (typeof again === 'string') return { lost, again }
      const made = await again.run({ x })
      const { data } = await runtime.ops.read(made.y!)
      await session.dispose()
      runtime.ops.dispose(y)
      const { values } = await runtime.usage()
      await runtime.dispose()
      return { lost, old, again: Array.from(data as Float32Array), values }
    })
    expect(outcome).toEqual({
      lost: expect.stringMatching(/the GPU was lost.*open the models again/),
      old: expect.stringMatching(/lost|another runtime/),
      again: [1, 2],
      values: 1,
    })
  })

  describe('on webgpu, after a run that failed', () => {
    /** What four runs of a graph that keeps its output give: of 4, 6 and 4 numbers, and of 4 once it is open again. */
    const runs = () =>
      page.evaluate(async () => {
        const { webRuntime, website } = globalThis.fewstep
        const runtime = await webRuntime({ device: 'webgpu' })
        const open = async () => runtime.open(await website('/model').model('fours.onnx'), { keep: 'all' })
        const outcomes: unknown[] = []
        const run = async (session: Session, n: number): Promise<void> => {
          try {
            const { y } = await session.run({ x: { type: 'float32', shape: [n], data: new Float32Array(n).fill(n) } })
            outcomes.push(Array.from((await runtime.ops.read(y!)).data as Float32Array))
          } catch (error) {
            outcomes.push((error as Error).message)
          }
        }
        const session = await open()
        for (const n of [4, 6, 4]) await run(session, n)
        await session.dispose()
        await run(await open(), 4)
        await runtime.dispose()
        return outcomes
      })
    const four = [4, 4, 4, 4]

    test('the graph says that it must be opened again', async () => {
      await go('isolated')
      expect(await runs()).toEqual([
        four,
        expect.stringMatching(/fours\.onnx.*cannot be reshaped/s),
        expect.stringMatching(/fours\.onnx.*failed before; dispose it and open the model again/),
        four,
      ])
    })

    test('where WebAssembly cannot wait for promises the worker says that models must be', async () => {
      ;({ context, page } = await visit(on.browser, 'about:blank'))
      await page.addInitScript(() => Reflect.deleteProperty(WebAssembly, 'Suspending'))
      await page.goto(sites.isolated.url)
      expect(await runs()).toEqual([
        four,
        expect.stringMatching(/fours\.onnx.*OrtRun/s),
        expect.stringMatching(/OrtRun.*what was open is gone: open the models again/s),
        four,
      ])
    })
  })

  test('it works in a worker of the page too', async () => {
    await go('isolated')
    const y = await page.evaluate(async () => {
      const script = new URL('page.js', location.href).href
      const source = `
        globalThis.window = undefined
        import(${JSON.stringify(script)}).then(async () => {
          const { webRuntime, website } = globalThis.fewstep
          const runtime = await webRuntime({ device: 'wasm', threads: 2 })
          const session = await runtime.open(await website(${JSON.stringify(new URL('/model', location.href).href)}).model('identity.onnx'))
          const { y } = await session.run({ x: { type: 'float32', shape: [2], data: Float32Array.of(1, 2) } })
          await runtime.dispose()
          postMessage(Array.from(y.data))
        }).catch(error => postMessage(error.message))`
      const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })), {
        type: 'module',
      })
      return new Promise(resolve => {
        worker.onmessage = ({ data }) => resolve(data)
      })
    })
    expect(y).toEqual([1, 2])
  })
})
