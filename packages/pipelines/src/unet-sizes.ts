import { inspect, type ModelProto } from '@fewstep/onnx-graph'
import type { Folder } from '@fewstep/runtime'
import { readJsonIfAny } from './folder.ts'
import { readUnetConfig } from './pipeline-overrides.ts'

/** The shapes of a U-Net's inputs for one condition: from its graph, or from its configuration where the graph leaves sizes open. */
export async function unetSizes(
  folder: Folder,
  unet: ModelProto,
  size: { readonly width?: number | undefined; readonly height?: number | undefined } = {},
): Promise<Readonly<Record<string, readonly number[]>>> {
  const [config, vae, text] = await Promise.all([
    readUnetConfig(folder),
    readJsonIfAny(folder, 'vae_decoder/config.json'),
    readJsonIfAny(folder, 'text_encoder/config.json'),
  ])
  const factor = 2 ** ((Array.isArray(vae.block_out_channels) ? vae.block_out_channels.length : 4) - 1)
  const [tall, wide] = Array.isArray(config.sample_size) ? config.sample_size : [config.sample_size, config.sample_size]
  const configured: Readonly<Record<string, readonly number[]>> = {
    sample: [
      1,
      numberOr(config.in_channels, 4),
      (size.height ?? numberOr(tall, 64) * factor) / factor,
      (size.width ?? numberOr(wide, 64) * factor) / factor,
    ],
    encoder_hidden_states: [1, numberOr(text.max_position_embeddings, 77), numberOr(config.cross_attention_dim, 768)],
  }
  return Object.fromEntries(
    inspect(unet).inputs.map(({ name, shape = [] }) => [
      name,
      shape.map((dim, axis) => (axis === 0 ? 1 : typeof dim === 'number' ? dim : (configured[name]?.[axis] ?? 1))),
    ]),
  )
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise
}
