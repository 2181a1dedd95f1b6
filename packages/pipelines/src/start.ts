import type { HostValue, ValueOps } from '@fewstep/runtime'
import type { Generator } from '@fewstep/tensor'
import { ModelError } from './errors.ts'
import type { StableDiffusion } from './model.ts'
import { fromImage, type SourceImage } from './pixels.ts'
import { fitted, only, outputOf } from './ports.ts'

/** An image → its latents, [1, c, h, w]. The encoder's noise is the next numbers of `random`. */
export type EncodeImage = (image: SourceImage, random: Generator, signal?: AbortSignal) => Promise<HostValue>

/** Standard normal latents. */
export function gaussian(shape: readonly number[], random: Generator): HostValue {
  const size = shape.reduce((a, b) => a * b, 1)
  return { type: 'float32', shape, data: random.normal(size) }
}

/**
 * The VAE's encoder: `factor·(mean + deviation·noise − shift)`, where the deviation is `exp(½·clamp(ln variance, −30, 20))`
 * (`AutoencoderKL`'s posterior in diffusers). The output of an encoder that was exported with its sampling step is used
 * unchanged.
 *
 * @throws ModelError where the folder has no encoder, or an encoder of another kind
 */
export function imageEncoder(model: StableDiffusion, ops: ValueOps): EncodeImage {
  const { name, scaling } = model
  return async (image, random, signal) => {
    const encoder = await model.encoder()
    const input = encoder.inputs[0]!
    const output = outputOf(encoder, 'latent_parameters')
    const fed = await fitted(fromImage(image), input, ops)
    const made = only(await encoder.run({ [input.name]: fed }, { signal }), output.name, ops)
    const wide = made.type === 'float32' ? made : await ops.cast(made, 'float32')
    const latents = posterior(await ops.read(wide), random)
    for (const value of new Set([made, wide])) ops.dispose(value)
    return latents
  }

  function posterior({ data, shape }: HostValue, random: Generator): HostValue {
    const [, depth = 0, height = 0, width = 0] = shape
    const { channels } = model.size
    if (depth !== channels && depth !== 2 * channels)
      throw new ModelError(name, `vae_encoder makes ${depth} channels, not ${channels} or ${2 * channels}`)
    const out = new Float32Array(channels * height * width)
    const noise = depth === channels ? undefined : random.normal(out.length)
    for (let i = 0; i < out.length; i++) {
      const mean = Number(data[i])
      const deviation = noise === undefined ? 0 : Math.exp(clamp(Number(data[out.length + i]), -30, 20) / 2)
      out[i] = scaling.factor * (mean + deviation * (noise?.[i] ?? 0) - scaling.shift)
    }
    return { type: 'float32', shape: [1, channels, height, width], data: out }
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high)
}
