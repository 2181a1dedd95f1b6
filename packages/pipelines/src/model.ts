import type { Cacher } from '@fewstep/cachers'
import { halvings, readModel } from '@fewstep/onnx-graph'
import type { Folder, Runtime, Session } from '@fewstep/runtime'
import { ModelError } from './errors.ts'
import { type Json, readJsonIfAny } from './folder.ts'
import { type Lease, latestOpen } from './leases.ts'
import { readSchedulerConfig, readUnetConfig } from './pipeline-overrides.ts'
import { clipTokenizer, type PromptTokenizer } from './tokenizer.ts'
import { openUnet, type Rewriting, rewritingFor, type UnetGraphs } from './unet-graphs.ts'

/** An opened Stable Diffusion folder. */
export type StableDiffusion = {
  /** The folder's name, for messages. */
  readonly name: string
  readonly schedulerConfig: Json
  readonly tokenizer: PromptTokenizer
  readonly textEncoder: Session
  readonly textConfig: Json
  /** The U-Net, rewritten for the caches. The latest one stays open. @throws ModelError where it has nothing to reuse */
  unet(cachers: readonly Cacher[]): Promise<Lease<UnetGraphs>>
  readonly decoder: Session
  /** The VAE encoder, opened at first use. @throws ModelError where the folder has none */
  encoder(): Promise<Session>
  /** `latents = factor·(z − shift)`, where z is the output of the encoder and the input of the decoder. */
  readonly scaling: { readonly factor: number; readonly shift: number }
  readonly size: Size
  dispose(): Promise<void>
}

/** The sizes that the graphs and their configurations allow. */
export type Size = {
  readonly channels: number
  /** Pixels for each latent, along each axis. */
  readonly pixelsPerLatent: number
  /** Widths and heights are multiples of this, in pixels, since the U-Net halves the latents. */
  readonly multiple: number
  /** Default width and height, in pixels. */
  readonly width: number
  readonly height: number
  /** Whether the graph was exported for that size only. */
  readonly fixed: boolean
}

const graphs = ['text_encoder', 'unet', 'vae_decoder'] as const

/**
 * Opens a folder of the SD 1.x and 2.x layout in ONNX, as optimum writes it.
 *
 * @throws ModelError where a file is missing or the layout is another one, and the runtime's errors for unreadable graphs
 */
export async function openModel(
  folder: Folder,
  runtime: Runtime,
  cachers: readonly Cacher[],
): Promise<StableDiffusion> {
  const schedulerConfig = await readSchedulerConfig(folder)
  await checkLayout(folder)
  const [tokenizer, textConfig, unetConfig, vaeConfig] = await Promise.all([
    clipTokenizer(folder),
    readJsonIfAny(folder, 'text_encoder/config.json'),
    readUnetConfig(folder),
    readJsonIfAny(folder, 'vae_decoder/config.json'),
  ])
  const open = async (graph: string, keep: 'all' | undefined): Promise<Session> =>
    runtime.open(await folder.model(`${graph}/model.onnx`), { keep })
  const unets = latestOpen(key => openUnet(folder, runtime, JSON.parse(key) as Rewriting))
  const unet = (cachers: readonly Cacher[]) => unets.lease(JSON.stringify(rewritingFor(cachers)))
  const [text, decode, first] = await Promise.allSettled([
    open('text_encoder', 'all'),
    open('vae_decoder', undefined),
    unet(cachers),
  ])
  const sessions = [text, decode].flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
  const failed = [text, decode, first].find(result => result.status === 'rejected')
  try {
    if (failed !== undefined) throw failed.reason
    const [textEncoder, decoder] = sessions as [Session, Session]
    const { value: graphs, release } = (first as PromiseFulfilledResult<Lease<UnetGraphs>>).value
    await release()
    const times = await halvingsOf(folder, unetConfig)
    let encoder: Promise<Session> | undefined
    return {
      name: folder.name,
      schedulerConfig,
      tokenizer,
      textEncoder,
      textConfig,
      unet,
      decoder,
      encoder() {
        encoder ??= openEncoder()
        return encoder
      },
      scaling: { factor: numberOr(vaeConfig.scaling_factor, 0.18215), shift: numberOr(vaeConfig.shift_factor, 0) },
      size: sizeOf(folder, graphs.full.session, { unet: unetConfig, vae: vaeConfig, halvings: times }),
      async dispose() {
        const late = await encoder?.catch(() => undefined)
        const open = [textEncoder, decoder, unets, ...(late === undefined ? [] : [late])]
        await Promise.all(open.map(graph => graph.dispose()))
      },
    }
  } catch (error) {
    await Promise.all([...sessions, unets].map(graph => graph.dispose()))
    throw error
  }

  async function openEncoder(): Promise<Session> {
    if (!(await folder.has('vae_encoder/model.onnx')))
      throw new ModelError(folder.name, 'vae_encoder/model.onnx is missing; an image to start from needs it')
    return open('vae_encoder', 'all')
  }
}

/** @throws ModelError that names the kind of model, for folders that are not supported */
async function checkLayout(folder: Folder): Promise<void> {
  const has = async (...paths: readonly string[]): Promise<string | undefined> => {
    for (const path of paths) if (await folder.has(path)) return path
    return undefined
  }
  const second = await has('text_encoder_2/model.onnx', 'text_encoder_2/config.json')
  if (second !== undefined)
    throw new ModelError(folder.name, `found ${second}, so this is Stable Diffusion XL, which is not supported yet`)
  const transformer = await has('transformer/model.onnx', 'transformer/config.json')
  if (transformer !== undefined)
    throw new ModelError(folder.name, `found ${transformer}: models with a transformer are not supported yet`)
  for (const graph of graphs) {
    if (await folder.has(`${graph}/model.onnx`)) continue
    const weights = await has('unet/diffusion_pytorch_model.safetensors', 'unet/diffusion_pytorch_model.bin')
    const remedy =
      weights === undefined ? '' : `, there is only ${weights}: convert it with optimum-cli export onnx --model …`
    throw new ModelError(folder.name, `${graph}/model.onnx is missing${remedy}`)
  }
}

/** How often the U-Net halves the latents, from its configuration or else from its graph. */
async function halvingsOf(folder: Folder, { block_out_channels: blocks }: Json): Promise<number> {
  if (Array.isArray(blocks) && blocks.length > 0) return blocks.length - 1
  return halvings(readModel(await folder.read('unet/model.onnx')))
}

function sizeOf(
  folder: Folder,
  unet: Session,
  source: { readonly unet: Json; readonly vae: Json; readonly halvings: number },
): Size {
  const { unet: unetConfig, vae: vaeConfig, halvings: times } = source
  const shape = unet.inputs.find(({ name }) => name === 'sample')?.shape ?? []
  const pixelsPerLatent = 2 ** (lengthOr(vaeConfig.block_out_channels, 4) - 1)
  const sample = unetConfig.sample_size
  const [tall, wide] = Array.isArray(sample) ? sample : [sample, sample]
  const [height, width] = [shape[2], shape[3]]
  const fixed = typeof height === 'number' && typeof width === 'number'
  const channels = typeof shape[1] === 'number' ? shape[1] : numberOr(unetConfig.in_channels, 4)
  const latents = numberOr(vaeConfig.latent_channels, 4)
  if (channels !== latents) {
    const kind = channels > latents ? ' (an inpainting or depth model?)' : ''
    throw new ModelError(
      folder.name,
      `unet takes ${channels} channels${kind}, but the decoder takes ${latents}; both must take the same number`,
    )
  }
  return {
    channels,
    pixelsPerLatent,
    multiple: fixed ? 1 : pixelsPerLatent * 2 ** times,
    width: pixelsPerLatent * (fixed ? width : numberOr(wide, 64)),
    height: pixelsPerLatent * (fixed ? height : numberOr(tall, 64)),
    fixed,
  }
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise
}

function lengthOr(value: unknown, otherwise: number): number {
  return Array.isArray(value) && value.length > 0 ? value.length : otherwise
}
