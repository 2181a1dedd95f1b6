import { readFileSync } from 'node:fs'
import { model as emoji } from '@fewstep/model-emoji'
import { buildModel, node, port, tensor, writeModel } from '@fewstep/onnx-graph'
import type { Folder } from '@fewstep/runtime'
import { directory } from '@fewstep/runtime-node'

/** A real U-Net, small (`reference/tiny_unet.py`). */
export const tinyUnet: URL = new URL('../fixtures/tiny-unet.onnx', import.meta.url)

/** A Stable Diffusion folder around the tiny U-Net, for devices that are too slow for a trained one: 8×8 pixels. */
export function tinyFolder(): Folder {
  const real = directory(emoji)
  const graphs: Readonly<Record<string, () => Uint8Array>> = {
    'text_encoder/model.onnx': textEncoder,
    'unet/model.onnx': () => new Uint8Array(readFileSync(tinyUnet)),
    'vae_decoder/model.onnx': decoder,
  }
  const configs: Readonly<Record<string, object>> = {
    'text_encoder/config.json': {},
    'unet/config.json': { sample_size: 8, block_out_channels: [16, 16] },
    'vae_decoder/config.json': { block_out_channels: [16], latent_channels: 4, scaling_factor: 1 },
  }
  return {
    name: 'tiny',
    has: path => Object.hasOwn(graphs, path) || Object.hasOwn(configs, path) || real.has(path),
    read: async path =>
      configs[path] ? new TextEncoder().encode(JSON.stringify(configs[path])) : (graphs[path]?.() ?? real.read(path)),
    model: path => ({ bytes: graphs[path]!() }),
  }
}

/** Each token's number, as 16 numbers. */
function textEncoder(): Uint8Array {
  const scale = Float32Array.from({ length: 16 }, (_, i) => Math.sin(i + 1) / 1000)
  return writeModel(
    buildModel({
      inputs: [port('input_ids', 'int32', ['batch', 'tokens'])],
      outputs: [port('last_hidden_state', 'float32', ['batch', 'tokens', 16])],
      initializers: [tensor('scale', 'float32', [16], scale), tensor('last', 'int64', [1], [2])],
      nodes: [
        node('Cast', ['input_ids'], ['numbers'], { to: { int: 1 } }),
        node('Unsqueeze', ['numbers', 'last'], ['column']),
        node('Mul', ['column', 'scale'], ['last_hidden_state']),
      ],
    }),
  )
}

/** Three of the latents' four channels. */
function decoder(): Uint8Array {
  const of = (name: string, ...numbers: readonly number[]) => tensor(name, 'int64', [numbers.length], numbers)
  return writeModel(
    buildModel({
      inputs: [port('latent_sample', 'float32', ['batch', 4, 'height', 'width'])],
      outputs: [port('sample', 'float32', ['batch', 3, 'height', 'width'])],
      initializers: [of('start', 0), of('end', 3), of('axis', 1)],
      nodes: [node('Slice', ['latent_sample', 'start', 'end', 'axis'], ['sample'])],
    }),
  )
}
