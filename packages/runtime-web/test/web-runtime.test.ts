import type { WebRuntimeOptions } from '@fewstep/runtime-web'
import { describe, expect, test } from 'vitest'
import { unavailable } from '../../../test/support/browser.ts'
import { atRoot, identity, ort, visitor } from './support/visitor.ts'

describe.skipIf(unavailable)('webRuntime', () => {
  const on = visitor(page => ({
    isolated: atRoot(page),
    plain: { ...atRoot(page), isolated: false },
    elsewhere: { folders: { '/a/sub path/': page, '/a/sub path/ort/': ort } },
  }))
  /** The description of a runtime, or the error. */
  const made = (options: WebRuntimeOptions) =>
    on.page.evaluate(async options => {
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
    /** A replacement for the browser's `navigator.gpu`. */
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
    test.each(gpus)('is chosen by what the browser has: in a browser %s', async (_, gpu, chosen) => {
      await on.go('isolated')
      await on.page.evaluate(`Object.defineProperty(navigator, 'gpu', { value: ${gpu} })`)
      expect(await made({})).toMatchObject(chosen)
    })

    test('that does not exist is refused, and the error names those that work', async () => {
      await on.go('isolated')
      expect(await made({ device: 'webnn' as 'wasm' })).toEqual({
        error: expect.stringMatching(/no device webnn.*webgpu, wasm or auto/),
      })
      await on.page.evaluate(`Object.defineProperty(navigator, 'gpu', { value: undefined })`)
      expect(await made({ device: 'webgpu' })).toEqual({
        error: expect.stringMatching(/webgpu does not work here \(this browser has no WebGPU\); what works: wasm/),
      })
    })
  })

  test('the number of threads is the requested one on an isolated page, else one, with a hint', async () => {
    await on.go('isolated')
    expect(await made({ device: 'wasm', threads: 3 })).toMatchObject({ threads: 3, hints: [] })
    expect(await made({ device: 'wasm', threads: 0 })).toEqual({
      error: expect.stringMatching(/threads must be a whole number of at least 1, got 0/),
    })
    const cores = await on.page.evaluate(() => navigator.hardwareConcurrency)
    expect(await made({ device: 'wasm' })).toMatchObject({ threads: Math.min(cores, 4), hints: [] })
    await on.context.close()
    await on.go('plain')
    expect(await made({ device: 'wasm', threads: 3 })).toMatchObject({
      threads: 1,
      hints: [expect.stringMatching(/one thread computes, of \d+.*Cross-Origin-Opener-Policy.*Cross-Origin-Embedder/)],
    })
    expect(await made({ device: 'wasm', threads: 1 })).toMatchObject({ threads: 1, hints: [] })
  })

  test('threads exist, as workers of the library next to the worker of the runtime', async () => {
    await on.go('isolated')
    const count = async (threads: number): Promise<number> => {
      const names: string[] = []
      on.page.on('worker', worker => names.push(worker.url()))
      expect(await identity(on.page, { device: 'wasm', threads })).toEqual({ y: [1, 2] })
      on.page.removeAllListeners('worker')
      return names.length
    }
    expect(await count(1)).toBe(1)
    expect(await count(3)).toBe(3)
  })

  test.each(['wasm', 'webgpu'] as const)(
    "the library's files may lie elsewhere, as below a sub-path: %s",
    async device => {
      await on.go('elsewhere', encodeURI('a/sub path/'))
      on.sites.elsewhere.requests.splice(0)
      expect(await identity(on.page, { device, files: 'ort' })).toEqual({ y: [1, 2] })
      const fetched = on.sites.elsewhere.requests.map(({ path }) => path).filter(path => /\.wasm$/.test(path))
      expect(fetched).toEqual([expect.stringMatching(/^\/a\/sub path\/ort\/ort-wasm-simd-threaded.*\.wasm$/)])
    },
  )

  test('it works in a worker of the page too', async () => {
    await on.go('isolated')
    const y = await on.page.evaluate(async () => {
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
