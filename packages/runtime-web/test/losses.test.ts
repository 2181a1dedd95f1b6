import type { Session, Value } from '@fewstep/runtime'
import type { WebRuntime } from '@fewstep/runtime-web'
import { describe, expect, test } from 'vitest'
import { unavailable } from '../../../test/support/browser.ts'
import { atRoot, identity, visitor } from './support/visitor.ts'

describe.skipIf(unavailable)('what webRuntime loses', () => {
  const on = visitor(page => ({ isolated: atRoot(page) }))

  test('the error for missing files of the library says so, and a later attempt can succeed', async () => {
    await on.go('isolated')
    await on.page.route('**/ort/**', route => route.fulfill({ status: 404 }))
    const tryIt = () =>
      on.page.evaluate(async () => {
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
    await on.page.unroute('**/ort/**')
    expect(await tryIt()).toBe('x')
  })

  test('the error for a worker whose script does not load says so, and a later attempt can succeed', async () => {
    await on.go('isolated')
    await on.page.route('**/wasm-worker*.js', route => route.fulfill({ status: 404 }))
    expect(await identity(on.page, { device: 'wasm' })).toEqual({
      error: expect.stringMatching(/the worker failed: its script did not load; open the models again/),
    })
    await on.page.unroute('**/wasm-worker*.js')
    expect(await identity(on.page, { device: 'wasm' })).toEqual({ y: [1, 2] })
  })

  test('a worker that fails rejects pending work, and models can be opened again', async () => {
    await on.go('isolated')
    const outcomes = await on.page.evaluate(async () => {
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
      // Not a question, which the worker does not expect.
      workers[0]!.postMessage(null)
      const outcome = (asked: Promise<unknown>): Promise<string> =>
        asked.then(
          () => 'answered',
          (error: Error) => error.message,
        )
      // The worker answers some of them before its failure is noticed.
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

  test('a lost GPU is reported, and models can be opened again', async () => {
    await on.go('isolated')
    await on.page.evaluate(async () => {
      const { webRuntime, website } = globalThis.fewstep
      const runtime = await webRuntime({ device: 'webgpu' })
      const open = async () => runtime.open(await website('/model').model('identity.onnx'), { keep: 'all' })
      const session = await open()
      const x = { type: 'float32', shape: [2], data: Float32Array.of(1, 2) } as const
      const { y } = await session.run({ x })
      Object.assign(globalThis, { runtime, session, y, open, x })
    })
    const browserSession = await on.browser.newBrowserCDPSession()
    // The connection may close before the browser answers.
    await browserSession.send('Browser.crashGpuProcess' as 'Browser.crash').catch(() => {})
    const outcome = await on.page.evaluate(async () => {
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
      let again = await open().catch(message)
      // Wait until the browser has a GPU again; the test's time limit ends the loop if it never has one.
      while (typeof again === 'string') {
        await new Promise(resolve => setTimeout(resolve, 50))
        again = await open().catch(message)
      }
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
    /** The results of four runs of a graph that keeps its output: with 4, 6 and 4 numbers, and with 4 after it is opened again. */
    const runs = () =>
      on.page.evaluate(async () => {
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

    test('the error says that the graph must be opened again', async () => {
      await on.go('isolated')
      expect(await runs()).toEqual([
        four,
        expect.stringMatching(/fours\.onnx.*cannot be reshaped/s),
        expect.stringMatching(/fours\.onnx.*failed before; dispose it and open the model again/),
        four,
      ])
    })

    test('where WebAssembly cannot wait for promises, the error says that all models must be opened again', async () => {
      await on.go('isolated')
      await on.page.addInitScript(() => Reflect.deleteProperty(WebAssembly, 'Suspending'))
      await on.page.reload()
      expect(await runs()).toEqual([
        four,
        expect.stringMatching(/fours\.onnx.*OrtRun/s),
        expect.stringMatching(/OrtRun.*what was open is gone: open the models again/s),
        four,
      ])
    })
  })
})
