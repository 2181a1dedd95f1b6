import { createHash } from 'node:crypto'
import { buildModel, node, port, tensor, writeModel } from '@fewstep/onnx-graph'
import type { Folder } from '@fewstep/runtime'
import { torchGenerator } from '@fewstep/tensor'

/** So many bytes, the same at every run, which repeat nowhere. */
export function bytesOf(seed: number, size: number): Uint8Array {
  const numbers = torchGenerator(seed).normal(Math.ceil(size / 4))
  return new Uint8Array(numbers.buffer as ArrayBuffer, 0, size)
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** A list of hashes as `sha256sum` writes it. */
export function listOf(files: Readonly<Record<string, Uint8Array>>): string {
  return Object.entries(files)
    .map(([path, bytes]) => `${sha256(bytes)}  ./${path}\n`)
    .join('')
}

/** `y = x + weights`, with the weights in the file `weights.bin`. */
export function externalModel(weights: Float32Array): { readonly model: Uint8Array; readonly weights: Uint8Array } {
  const proto = tensor('weights', 'float32', [weights.length], weights)
  const data = proto.rawData
  proto.rawData = new Uint8Array()
  proto.dataLocation = 1
  proto.externalData = Object.entries({ location: 'weights.bin', offset: '0', length: `${data.length}` }).map(
    ([key, value]) => ({ $typeName: 'onnx.StringStringEntryProto', key, value }),
  )
  const model = buildModel({
    inputs: [port('x', 'float32', [weights.length])],
    outputs: [port('y', 'float32', [weights.length])],
    initializers: [proto],
    nodes: [node('Add', ['x', 'weights'], ['y'])],
  })
  return { model: writeModel(model), weights: data }
}

/** The graphs and configurations of a small folder, as files of a website. */
export async function filesOf(folder: Folder, prefix: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  for (const part of ['text_encoder', 'unet', 'vae_decoder'])
    for (const name of ['model.onnx', 'config.json'])
      files.set(`${prefix}${part}/${name}`, await folder.read(`${part}/${name}`))
  return files
}

/** `y = x`, of any length. */
export function identityModel(): Uint8Array {
  const model = buildModel({
    inputs: [port('x', 'float32', ['n'])],
    outputs: [port('y', 'float32', ['n'])],
    nodes: [node('Identity', ['x'], ['y'])],
  })
  return writeModel(model)
}

/** `y = x` in rows of 4: a run with another number of elements fails. */
export function foursModel(): Uint8Array {
  const model = buildModel({
    inputs: [port('x', 'float32', ['n'])],
    outputs: [port('y', 'float32', ['rows', 4])],
    initializers: [tensor('shape', 'int64', [2], [-1, 4])],
    nodes: [node('Reshape', ['x', 'shape'], ['y'])],
  })
  return writeModel(model)
}
