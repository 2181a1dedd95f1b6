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

/** A text-to-image pipeline. */
export type TextToImage = {
  /** The folder's scheduler configuration, as {@link readSchedulerConfig} returns it. */
  readonly schedulerConfig: unknown
  /** Generates `count` images for each prompt. @throws RequestError for invalid settings */
  generate(prompt: string | readonly string[], options?: GenerateOptions): Promise<readonly Image[]>
  /**
   * Estimates the finished image after a step, with one pixel for each latent, by a linear map. It runs no graph, except the
   * decoder once, on a small input, at first use. Await it within `onStep`.
   */
  preview(event: Pick<StepEvent<Value>, 'denoised'>): Promise<Pixels>
  /** Frees the graphs. The runtime stays open. */
  dispose(): Promise<void>
}

export type TextToImageOptions = {
  readonly runtime: Runtime
  /** The caches, for requests that name none. */
  readonly cachers?: readonly Cacher[]
}

/**
 * Opens a Stable Diffusion folder in ONNX (SD 1.x and 2.x layout, as optimum writes it) to generate images from text, and from a
 * starting image if there is one.
 *
 * @throws ModelError where a file is missing or the layout is another one, and the runtime's errors for unreadable graphs
 * @example
 * const pipe = await textToImage(directory('path/to/model'), { runtime: nodeRuntime() })
 * const [image] = await pipe.generate('a red apple', { steps: 12, seed: 7 })
 */
export async function textToImage(folder: Folder, options: TextToImageOptions): Promise<TextToImage> {
  const { runtime, cachers: defaultCachers = [] } = options
  const model = await openModel(folder, runtime, defaultCachers)
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
      // The folder's configuration is read only if it is used: it may have unsupported options.
      const recipe = options.recipe ?? fromDiffusersConfig(model.schedulerConfig)
      const samplingPlan = route(recipe, options, steps, start?.strength)
      const { levels, start: level } = samplingPlan
      const { scale, guided } = guidanceOf(samplingPlan, guidance)
      const unused = unusedNegative(negativePrompt, guidance, { guided })
      if (unused !== undefined) onWarning(unused)
      const { channels, pixelsPerLatent } = model.size
      const shape = [1, channels, height / pixelsPerLatent, width / pixelsPerLatent]
      const images: Image[] = []
      const conditions: Value[] = []
      const condition = async (text: string, name: string): Promise<Value> => {
        const value = await encode(text, { name, warn: onWarning })
        conditions.push(value)
        return value
      }
      const caches = options.cachers ?? defaultCachers
      const unet = await cachedUnet(model, ops, { route: samplingPlan, recipe, scale, cachers: caches })
      const generateOne = async (text: string, seed: Seed, denoise: Denoise<Value>): Promise<Image> => {
        const sampled = await drawLatents(
          {
            route: samplingPlan,
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
          const pixels = toPixels(await decode(sampled, signal))
          if (options.latents === true) latents = await ops.read(sampled)
          const { all, shallow } = unet.calls()
          const image = { ...pixels, prompt: text, seed, evaluations: all, shallow }
          return latents === undefined ? image : { ...image, latents }
        } finally {
          // `read` returns a value on the host itself: it is then the result's.
          if (latents !== sampled) ops.dispose(sampled)
        }
      }
      try {
        const unconditional = guided ? await condition(negativePrompt, 'the negative prompt') : undefined
        for (const [index, text] of prompts.entries()) {
          const name = prompts.length === 1 ? 'the prompt' : `prompt ${index + 1} of ${prompts.length}`
          const { denoise, dispose } = unet.denoiser(await condition(text, name), unconditional)
          try {
            for (let i = 0; i < count; i++) {
              const image = await generateOne(text, seedAfter(seed, i), denoise)
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
