import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { model } from '@fewstep/model-emoji'
import { readModel, writeModel } from '@fewstep/onnx-graph'
import { torchGenerator } from '@fewstep/tensor'
import { expect, test } from 'vitest'
import { fingerprint } from '../src/fingerprint.ts'
import { emptyFolder, fewstep } from './support/fewstep.ts'

const megabyte = 1 << 20
const sizes = {
  'scheduler/scheduler_config.json': 40,
  'text_encoder/model.onnx': 3,
  'unet/model.onnx': 600_000,
  'unet/weights/all.bin': 40 * megabyte,
  'vae_decoder/model.onnx': 1 << 18,
  'vae_decoder/config.json': 0,
} as const
const noise = new Uint8Array(torchGenerator(5).normal(10 * megabyte).buffer)

/** A folder of such files, without what `change` gives nothing for. */
function folderWith(change: (path: string, bytes: Uint8Array) => Uint8Array | undefined = (_, bytes) => bytes): string {
  const folder = emptyFolder()
  for (const [path, size] of Object.entries(sizes)) {
    const bytes = change(path, noise.slice(0, size))
    if (bytes === undefined) continue
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), bytes)
  }
  return folder
}

const changed =
  (at: (size: number) => number, length = 1) =>
  (bytes: Uint8Array): Uint8Array => {
    for (let i = at(bytes.length); i < at(bytes.length) + length; i++) bytes[i]! ^= 1
    return bytes
  }
const [first, middle, last] = [changed(() => 0), changed(size => Math.floor(size / 2)), changed(size => size - 1)]

test.each([
  ['scheduler/scheduler_config.json', 'in a byte', middle],
  ...(['text_encoder/model.onnx', 'unet/model.onnx', 'vae_decoder/model.onnx'] as const).flatMap(path =>
    [first, middle, last].map((change, i) => [path, `in byte ${['first', 'middle', 'last'][i]}`, change] as const),
  ),
  ['unet/weights/all.bin', 'in the first byte', first],
  ['unet/weights/all.bin', 'in the last byte', last],
  // A matrix of a small layer.
  ['unet/weights/all.bin', 'in 1 % of it', changed(size => Math.floor(0.377 * size), 400_000)],
  ['unet/weights/all.bin', 'in its size', (bytes: Uint8Array) => bytes.subarray(0, -1)],
  ['vae_decoder/config.json', 'by being gone', () => undefined],
] as const)('a model that differs in %s %s has another fingerprint', async (path, _, change) => {
  const other = folderWith((at, bytes) => (at === path ? change(bytes) : bytes))
  expect(await fingerprint(other)).not.toBe(await fingerprint(folderWith()))
})

test('a copy has the same fingerprint, and hidden files count for nothing', async () => {
  const folder = folderWith()
  const before = await fingerprint(folder)
  expect(before).toMatch(/^[0-9a-f]{16}$/)
  for (const path of ['.hidden', 'unet/.hidden', 'unet/weights/.hidden']) writeFileSync(join(folder, path), 'x')
  expect(await fingerprint(folder)).toBe(before)
  expect(await fingerprint(folderWith())).toBe(before)
})

test('an image is not repeated by a U-Net of other weights without a word', { timeout: 60_000 }, async () => {
  const folder = emptyFolder()
  cpSync(fileURLToPath(model), join(folder, 'model'), { recursive: true })
  const drawn = await fewstep(folder, ['generate', 'a star', '--model', 'model', '--steps', '1', '--out', 'a.png'])
  expect(drawn.code).toBe(0)
  const again = ['generate', '--from', 'a.png', '--out', 'b.png', '--json']
  expect(await fewstep(folder, again)).toMatchObject({ code: 0, err: '' })

  const path = join(folder, 'model/unet/model.onnx')
  const unet = readModel(new Uint8Array(readFileSync(path)))
  const weights = unet.graph!.initializer.filter(({ rawData }) => rawData.length > 10_000)
  weights[Math.floor(weights.length / 2)]!.rawData[0]! ^= 1
  writeFileSync(path, writeModel(unet))
  expect(await fewstep(folder, again)).toMatchObject({
    code: 0,
    err: expect.stringMatching(/not the model that generated/),
  })
})
