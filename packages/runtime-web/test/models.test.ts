import { describe, expect, test } from 'vitest'
import { unavailable } from '../../../test/support/browser.ts'
import { atRoot, visitor } from './support/visitor.ts'

describe.skipIf(unavailable)('models in a page', () => {
  const on = visitor(page => ({ isolated: atRoot(page) }))

  test('only the worker reads weights beside a model, from a website or a picked folder', async () => {
    await on.go('isolated')
    const outcome = await on.page.evaluate(async () => {
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

  // Opening a graph for SwiftShader takes long.
  test.each(['wasm', 'webgpu'] as const)('for %s weights are read one by one', { timeout: 120_000 }, async device => {
    await on.go('isolated')
    const runtime = await on.page.evaluateHandle(async device => {
      const runtime = await globalThis.fewstep.webRuntime({ device })
      await runtime.open(await globalThis.fewstep.website('/model').model('identity.onnx'))
      return runtime
    }, device)
    const worker = on.page.workers()[0]!
    await worker.evaluate(() => {
      const reads: number[] = []
      Reflect.set(globalThis, 'reads', reads)
      const { slice, arrayBuffer } = Blob.prototype
      Blob.prototype.slice = function (this: Blob, ...range) {
        const part = slice.apply(this, range)
        reads.push(part.size)
        return part
      }
      for (const { prototype } of [Blob, Response])
        prototype.arrayBuffer = async function (this: Blob) {
          const buffer = await arrayBuffer.call(this)
          reads.push(buffer.byteLength)
          return buffer
        }
    })
    const sizes = await on.page.evaluate(async runtime => {
      const site = globalThis.fewstep.website('/model')
      const session = await runtime.open(await site.model('tiny/model.onnx'))
      await session.dispose()
      const sizes = ['model.onnx', 'weights.bin'].map(async name => (await site.read(`tiny/${name}`)).length)
      return Promise.all(sizes)
    }, runtime)
    const reads: readonly number[] = await worker.evaluate(() => Reflect.get(globalThis, 'reads'))
    await runtime.evaluate(runtime => runtime.dispose())
    const [graph, weights] = sizes as [number, number]
    const [first, ...others] = reads
    expect(first).toBe(graph)
    expect(others.reduce((a, b) => a + b)).toBe(weights)
    expect(others.length).toBeGreaterThan(20)
    expect(Math.max(...others)).toBeLessThan(weights / 3)
  })

  test('the errors of a picked folder name the folder and the missing file', async () => {
    await on.go('isolated')
    const outcome = await on.page.evaluate(async () => {
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

  test('the error for a model that a page cannot open has a remedy, and the next model opens', async () => {
    await on.go('isolated')
    const messages = await on.page.evaluate(async () => {
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
})
