import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { model } from '@fewstep/model-emoji'
import { buildModel, node, port, tensor, writeModel } from '@fewstep/onnx-graph'
import type { Value } from '@fewstep/runtime'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { afterAll, expect, test } from 'vitest'
import { memory } from './support/children.ts'

const runtime = nodeRuntime({ threads: 1 })
afterAll(() => runtime.dispose())
const folder = directory(model)
const latent: Value = { type: 'float32', shape: [1, 4, 16, 16], data: new Float32Array(1024).fill(0.1) }

test('a graph opened by path and from bytes gives the same results, and describes its inputs', async () => {
  const byPath = await runtime.open(await folder.model('vae_decoder/model.onnx'))
  const fromBytes = await runtime.open({ bytes: await folder.read('vae_decoder/model.onnx') })
  expect(byPath.inputs).toMatchObject([
    { name: 'latent_sample', type: 'float32', shape: ['batch_size', 4, expect.any(String), expect.any(String)] },
  ])
  const [a, b] = await Promise.all([byPath, fromBytes].map(session => session.run({ latent_sample: latent })))
  expect(a!.sample!.shape).toEqual([1, 3, 64, 64])
  expect(b!.sample!.data).toEqual(a!.sample!.data)
  expect(latent.data).toHaveLength(1024)
  await Promise.all([byPath.dispose(), fromBytes.dispose()])
  await expect(byPath.run({ latent_sample: latent })).rejects.toThrow(/disposed/)
})

test('feeds are checked by name, type and shape', async () => {
  const session = await runtime.open(await folder.model('vae_decoder/model.onnx'))
  await expect(session.run({})).rejects.toThrow(/latent_sample is missing/)
  await expect(session.run({ latent_sample: { ...latent, shape: [1, 3, 16, 16] } })).rejects.toThrow(/must be float32/)
  await expect(session.run({ latent_sample: { ...latent, shape: [2, 4, 16, 16] } })).rejects.toThrow(/2048 elements/)
  await expect(session.run({ latent_sample: latent, other: latent })).rejects.toThrow(/no input other/)
  await session.dispose()
})

test('disposing waits for running work, and the event loop stays free meanwhile', async () => {
  const session = await runtime.open(await folder.model('vae_decoder/model.onnx'))
  let ticks = 0
  const timer = setInterval(() => {
    ticks += 1
  }, 1)
  const running = Promise.all(Array.from({ length: 5 }, () => session.run({ latent_sample: latent })))
  await session.dispose()
  clearInterval(timer)
  expect(await running).toHaveLength(5)
  expect(ticks).toBeGreaterThan(2)
})

test('the error names a truncated or missing file', async () => {
  const bytes = readFileSync(new URL('vae_decoder/model.onnx', model)).subarray(0, 5000)
  await expect(runtime.open({ bytes: new Uint8Array(bytes) })).rejects.toThrow(/truncated/)
  await expect(runtime.open({ path: 'nowhere.onnx' })).rejects.toThrow(/no such file/)
})

test('weights in a file on disk stay there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fewstep-beside-'))
  const [rows, columns] = [1 << 18, 1 << 10]
  try {
    const weights = tensor('weights', 'float32', [0], [])
    weights.dims = [BigInt(rows), BigInt(columns)]
    weights.dataLocation = 1
    const entries = { location: 'weights.bin', offset: '0', length: String(4 * rows * columns) }
    weights.externalData = Object.entries(entries).map(([key, value]) => ({
      $typeName: 'onnx.StringStringEntryProto',
      key,
      value,
    }))
    const graph = buildModel({
      inputs: [port('row', 'int64', [1])],
      outputs: [port('y', 'float32', [1, columns])],
      initializers: [weights],
      nodes: [node('Gather', ['weights', 'row'], ['y'])],
    })
    // A sparse file of one gigabyte.
    writeFileSync(join(folder, 'weights.bin'), '')
    truncateSync(join(folder, 'weights.bin'), 4 * rows * columns)
    const external = new Map([['weights.bin', { path: join(folder, 'weights.bin') }]])
    const before = memory()
    const opened = await Promise.all(
      Array.from({ length: 2 }, () => runtime.open({ bytes: writeModel(graph), external })),
    )
    for (const session of opened) {
      const { y } = await session.run({ row: { type: 'int64', shape: [1], data: BigInt64Array.of(7n) } })
      expect(y!.data).toEqual(new Float32Array(columns))
    }
    expect(memory() - before).toBeLessThan((4 * rows * columns) / 8)
    await Promise.all(opened.map(session => session.dispose()))
    truncateSync(join(folder, 'weights.bin'), 1000)
    await expect(runtime.open({ bytes: writeModel(graph), external })).rejects.toThrow(/weights.bin are cut off/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('the error of a disposed runtime says so', async () => {
  const other = nodeRuntime()
  await other.dispose()
  await expect(other.open(await folder.model('vae_decoder/model.onnx'))).rejects.toThrow(/make a new/)
})
