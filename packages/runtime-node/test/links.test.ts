import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { platform } from 'node:process'
import { buildModel, node, port, tensor, writeModel } from '@fewstep/onnx-graph'
import type { HostValue, Model } from '@fewstep/runtime'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { takeWeights } from '../../../test/support/external-weights.ts'

const runtime = nodeRuntime()
afterAll(() => runtime.dispose())

const size = 400
const numbers = Float32Array.from({ length: size }, (_, i) => i / 4)

/** `y = x + weights`, the weights in one file, or with those of `z = y + more` in two. */
function sum(names: readonly string[]): { readonly graph: Uint8Array; readonly weights: readonly Uint8Array[] } {
  const inputs = [port('x', 'float32', [size])]
  const outputs = [port('y', 'float32', [size])]
  const values = ['x', ...names.map((_, i) => (i === names.length - 1 ? 'y' : `sum ${i}`))]
  const nodes = names.map((_, i) => node('Add', [values[i]!, `weights ${i}`], [values[i + 1]!]))
  const initializers = names.map((_, i) => tensor(`weights ${i}`, 'float32', [size], numbers))
  const model = buildModel({ inputs, outputs, initializers, nodes })
  const weights = names.map((name, i) => {
    const one = buildModel({ inputs, outputs, initializers: [model.graph!.initializer[i]!], nodes: [] })
    return takeWeights(one, name)
  })
  return { graph: writeModel(model), weights }
}

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fewstep-links-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

function linkTo(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(target, path)
}

async function expectSum(model: Model, times: number): Promise<void> {
  const session = await runtime.open(model)
  const zeros: HostValue = { type: 'float32', shape: [size], data: new Float32Array(size) }
  const { y } = await session.run({ x: zeros })
  expect((y as HostValue).data).toEqual(numbers.map(number => number * times))
  await session.dispose()
}

/** Opens the model of a folder from its file, and from memory as rewritten models are. */
async function expectOpens(root: string, names: readonly string[]): Promise<void> {
  const folder = directory(root)
  await expectSum(await folder.model('unet/model.onnx'), names.length)
  const external = names.map(async name => [name, await folder.weights!(`unet/${name}`)] as const)
  const bytes = await folder.read('unet/model.onnx')
  await expectSum({ bytes, external: new Map(await Promise.all(external)) }, names.length)
}

describe.skipIf(platform === 'win32')('models whose files are links open', () => {
  test.each([[['weights.bin']], [['weights.bin', 'data/more.bin']]])(
    "in a snapshot of Hugging Face's cache, with %j",
    async names => {
      const root = emptyFolder()
      const { graph, weights } = sum(names)
      for (const [i, content] of [graph, ...weights].entries()) write(join(root, 'blobs', `a${i}`), content)
      linkTo('../../../blobs/a0', join(root, 'snapshots/1f/unet/model.onnx'))
      for (const [i, name] of names.entries())
        linkTo(`${name.includes('/') ? '../' : ''}../../../blobs/a${i + 1}`, join(root, 'snapshots/1f/unet', name))
      await expectOpens(join(root, 'snapshots/1f'), names)
    },
  )

  test('if only the weights are a link, into another folder', async () => {
    const root = emptyFolder()
    const { graph, weights } = sum(['weights.bin'])
    write(join(root, 'unet/model.onnx'), graph)
    write(join(root, 'disk/large'), weights[0]!)
    linkTo('../disk/large', join(root, 'unet/weights.bin'))
    await expectOpens(root, ['weights.bin'])
  })

  test('if two files of weights are links into two folders', async () => {
    const root = emptyFolder()
    const names = ['weights.bin', 'more.bin']
    const { graph, weights } = sum(names)
    write(join(root, 'unet/model.onnx'), graph)
    for (const [i, name] of names.entries()) {
      write(join(root, `disk${i}`, 'large'), weights[i]!)
      linkTo(`../disk${i}/large`, join(root, 'unet', name))
    }
    await expectOpens(root, names)
  })

  test('if the folder is a link', async () => {
    const root = emptyFolder()
    const { graph, weights } = sum(['weights.bin'])
    write(join(root, 'real/model.onnx'), graph)
    write(join(root, 'real/weights.bin'), weights[0]!)
    linkTo('real', join(root, 'unet'))
    await expectOpens(root, ['weights.bin'])
  })

  test('a link to nowhere is a missing file', async () => {
    const root = emptyFolder()
    const { graph } = sum(['weights.bin'])
    write(join(root, 'unet/model.onnx'), graph)
    linkTo('../gone', join(root, 'unet/weights.bin'))
    linkTo('../gone', join(root, 'vae_decoder/model.onnx'))
    const folder = directory(root)
    expect(folder.has('vae_decoder/model.onnx')).toBe(false)
    await expect(runtime.open(await folder.model('unet/model.onnx'))).rejects.toThrow(/weights\.bin are missing/)
  })
})

describe('the error names a Git LFS pointer', () => {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 51000000\n`
  test('in the place of a model', async () => {
    const root = emptyFolder()
    write(join(root, 'model.onnx'), pointer)
    const message = /model\.onnx: it is a Git LFS pointer, not the file itself: run "git lfs pull"/
    await expect(runtime.open(await directory(root).model('model.onnx'))).rejects.toThrow(message)
  })
  test('in the place of weights', async () => {
    const root = emptyFolder()
    const { graph } = sum(['weights.bin'])
    write(join(root, 'model.onnx'), graph)
    write(join(root, 'weights.bin'), pointer)
    const message = /the file of weights, weights\.bin, is a Git LFS pointer/
    const folder = directory(root)
    await expect(runtime.open(await folder.model('model.onnx'))).rejects.toThrow(message)
    for (const weights of [await folder.weights!('weights.bin'), await folder.read('weights.bin')])
      await expect(runtime.open({ bytes: graph, external: new Map([['weights.bin', weights]]) })).rejects.toThrow(
        message,
      )
  })
})
