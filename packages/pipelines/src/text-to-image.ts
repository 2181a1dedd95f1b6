import type { Cacher } from '@fewstep/cachers'
import type { Folder, HostValue, Runtime, Value } from '@fewstep/runtime'
import { fromDiffusersConfig } from '@fewstep/sampler/diffusers'
import type { Denoise, StepEvent } from '@fewstep/solvers'
import { type Seed, seedAfter, torchGenerator } from '@fewstep/tensor'
import { cachedUnet } from './cached-unet.ts'
import { latentDecoder } from './decoder.ts'
import { drawLatents, seededNoise } from './draw.ts'
import { guidanceOf, unusedNegative } from './guidance.ts'
import { openModel } from './model.ts'
import { type Pixels, toPixels } from './pixels.ts'
import { latentPreview } from './preview.ts'
import { promptEncoder } from './prompts.ts'
import { checkRequest, type GenerateOptions, type Image } from './request.ts'
import { route } from './route.ts'
import { imageEncoder } from './start.ts'

export type TextToImage = {
  /** The folder's scheduler configuration, as {@link readSchedulerConfig} has it. */
  readonly schedulerConfig: unknown
  /** @throws RequestError for settings that make no image */
  generate(prompt: string | readonly string[], options?: GenerateOptions): Promise<readonly Image[]>
  /**
   * The estimate of the finished image after a step, one pixel for each latent, by a linear map: no call of a graph, but
   * for one small one of the decoder at first use. Await it within `onStep`.
   */
  preview(event: Pick<StepEvent<Value>, 'denoised'>): Promise<Pixels>
  /** Frees the graphs; the runtime stays. */
  dispose(): Promise<void>
}

export type TextToImageOptions = {
  readonly runtime: Runtime
  /** What calls may reuse, unless a request says otherwise. */
  readonly cachers?: readonly Cacher[]
}

/**
 * A Stable Diffusion folder in ONNX (SD 1.x and 2.x layout, as optimum writes it) as a function from text, and from a
 * image where one is given, to images.
 *
 * @throws ModelError where the folder lacks something, and the runtime's errors for unreadable graphs
 */
export async function textToImage(folder: Folder, options: TextToImageOptions): Promise<TextToImage> {
  const { runtime, cachers: standing = [] } = options
  const model = await openModel(folder, runtime, standing)
  const { ops } = runtime
  const encode = promptEncoder(model, ops)
  const decode = latentDecoder(model, ops)
  const encodeImage = imageEncoder(model, ops)
  const preview = latentPreview(model.size.channels, decode, ops)

  return {
    schedulerConfig: model.schedulerConfig,
    preview: async ({ denoised }) => preview(await denoised()),
    dispose: model.dispose,
    async generate(prompt, options = {}) {
      const request = checkRequest(prompt, options, model.size)
      const { prompts, negativePrompt, steps, guidance, seed, count, width, height, start } = request
      const { signal, onStep, onImage, onWarning = () => {}, generator = torchGenerator } = options
      signal?.throwIfAborted()
      // A configuration that cannot be honoured matters only to those who use it.
      const recipe = options.recipe ?? fromDiffusersConfig(model.schedulerConfig)
      const way = route(recipe, options, steps, start?.strength)
      const { levels, start: level } = way
      const { scale, guided } = guidanceOf(way, guidance)
      const unused = unusedNegative(negativePrompt, guidance, { guided })
      if (unused !== undefined) onWarning(unused)
      const { channels, pixelsPerLatent } = model.size
      const shape = [1, channels, height / pixelsPerLatent, width / pixelsPerLatent]
      const images: Image[] = []
      const conditions: Value[] = []
      const condition = async (words: string, name: string): Promise<Value> => {
        const value = await encode(words, { name, warn: onWarning })
        conditions.push(value)
        return value
      }
      const caches = options.cachers ?? standing
      const unet = await cachedUnet(model, ops, { route: way, recipe, scale, cachers: caches })
      const draw = async (words: string, seed: Seed, denoise: Denoise<Value>): Promise<Image> => {
        const sampled = await drawLatents(
          {
            route: way,
            shape,
            denoise,
            random: generator(seed),
            noise: options.noise && seededNoise(options.noise, generator, { shape, seed, ops }),
            start: start === undefined ? { scale: recipe.initialScale(levels) } : { picture: start.picture, level },
            signal,
            onStep: event => onStep?.({ ...event, image: images.length }),
          },
          encodeImage,
          ops,
        )
        let latents: HostValue | undefined
        try {
          signal?.throwIfAborted()
          const picture = toPixels(await decode(sampled, signal))
          if (options.latents === true) latents = await ops.read(sampled)
          const { all, shallow } = unet.calls()
          const image = { ...picture, prompt: words, seed, evaluations: all, shallow }
          return latents === undefined ? image : { ...image, latents }
        } finally {
          // A value on the host is its own reading.
          if (latents !== sampled) ops.dispose(sampled)
        }
      }
      try {
        const unconditional = guided ? await condition(negativePrompt, 'the negative prompt') : undefined
        for (const [index, words] of prompts.entries()) {
          const name = prompts.length === 1 ? 'the prompt' : `prompt ${index + 1} of ${prompts.length}`
          const { denoise, dispose } = unet.denoiser(await condition(words, name), unconditional)
          try {
            for (let i = 0; i < count; i++) {
              const image = await draw(words, seedAfter(seed, i), denoise)
              images.push(image)
              await onImage?.(image)
            }
          } finally {
            dispose()
          }
        }
        return images
      } finally {
        await unet.release()
        for (const value of conditions) ops.dispose(value)
      }
    },
  }
}
