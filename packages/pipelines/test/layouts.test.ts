import { type ModelProto, node, port, tensor } from '@fewstep/onnx-graph'
import { type Image, textToImage } from '@fewstep/pipelines'
import type { Folder, Runtime } from '@fewstep/runtime'
import { nodeRuntime } from '@fewstep/runtime-node'
import { fromDiffusersConfig } from '@fewstep/sampler/diffusers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectSame, psnr } from './support/reference.ts'
import { all, input, output, variant } from './support/variant.ts'

const runtime = nodeRuntime()
afterAll(() => runtime.dispose())

async function draw(folder: Folder, image?: Image, on: Runtime = runtime): Promise<Image> {
  const pipe = await textToImage(folder, { runtime: on })
  const from = image === undefined ? {} : { image, strength: 0.7 }
  const [made] = await pipe.generate('a red apple', { steps: 4, seed: 7, latents: true, ...from })
  await pipe.dispose()
  return made!
}

let plain: Image
let plainFrom: Image
beforeAll(async () => {
  plain = await draw(variant({}))
  plainFrom = await draw(variant({}), plain)
})

const latents = ['batch', 4, 'height', 'width']
const states = ['batch', 'tokens', 192]
const unet = 'unet/model.onnx'

/** The graph predicts `v = (ε − sigma·x)/alpha` instead of `ε`. */
function predictsV({ graph }: ModelProto): void {
  const { process } = fromDiffusersConfig({
    _class_name: 'DDIMScheduler',
    beta_start: 0.00085,
    beta_end: 0.012,
    beta_schedule: 'scaled_linear',
  })
  const levels = Array.from({ length: 1000 }, (_, t) => process.level(t))
  const table = (name: string, of: (level: (typeof levels)[number]) => number) =>
    tensor(name, 'float32', [1000], Float32Array.from(levels, of))
  graph!.initializer.push(
    table('sigmas', ({ sigma }) => sigma),
    table('alphas', ({ alpha }) => alpha),
  )
  for (const each of graph!.node) each.output = each.output.map(made => (made === 'out_sample' ? 'epsilon' : made))
  graph!.node.push(
    node('Gather', ['sigmas', 'timestep'], ['sigma at t']),
    node('Gather', ['alphas', 'timestep'], ['alpha at t']),
    node('Mul', ['sample', 'sigma at t'], ['sigma x']),
    node('Sub', ['epsilon', 'sigma x'], ['alpha v']),
    node('Div', ['alpha v', 'alpha at t'], ['out_sample']),
  )
}

/** The decoder takes `latents/0.5 + 0.25`, and the encoder's mean and ln variance are those of that. */
const scaledDecoder = ({ graph }: ModelProto): void => {
  for (const each of graph!.node) each.input = each.input.map(used => (used === 'latent_sample' ? 'unscaled' : used))
  graph!.initializer.push(tensor('shift', 'float32', [], [0.25]), tensor('factor', 'float32', [], [0.5]))
  graph!.node.unshift(
    node('Sub', ['latent_sample', 'shift'], ['shifted']),
    node('Mul', ['shifted', 'factor'], ['unscaled']),
  )
}
const scaledEncoder = ({ graph }: ModelProto): void => {
  const name = 'latent_parameters'
  for (const each of graph!.node) each.output = each.output.map(made => (made === name ? 'unscaled' : made))
  const [mean, logarithm] = [Array(4).fill(0.25), Array(4).fill(2 * Math.log(2))]
  graph!.initializer.push(
    tensor('scales', 'float32', [1, 8, 1, 1], [2, 2, 2, 2, 1, 1, 1, 1]),
    tensor('shifts', 'float32', [1, 8, 1, 1], [...mean, ...logarithm]),
  )
  graph!.node.push(node('Mul', ['unscaled', 'scales'], ['scaled']), node('Add', ['scaled', 'shifts'], [name]))
}

describe('exports that differ draw the same image', () => {
  const cases: Readonly<Record<string, Folder>> = {
    'timestep int32 [1]': variant({ [unet]: input('timestep', 'int32', [1], 'int64', true) }),
    'timestep int64 [batch]': variant({ [unet]: input('timestep', 'int64', ['batch'], 'int64', true) }),
    'timestep float32 scalar': variant({ [unet]: input('timestep', 'float32', [], 'int64') }),
    'timestep float64 [1]': variant({ [unet]: input('timestep', 'float64', [1], 'int64', true) }),
    // 901, 601 … are exact in float16.
    'timestep float16 [batch]': variant({ [unet]: input('timestep', 'float16', ['batch'], 'int64', true) }),
    'batch of 1 only': variant({ [unet]: input('sample', 'float32', [1, 4, 'height', 'width'], 'float32') }),
    'batch of 3 only': variant({ [unet]: input('sample', 'float32', [3, 4, 'height', 'width'], 'float32') }),
    'size of 16×16 only': variant({ [unet]: input('sample', 'float32', ['batch', 4, 16, 16], 'float32') }),
    'an output of another name': variant({ [unet]: output('out_sample', 'float32', latents, 'noise_pred') }),
    'ids as int64': variant({ 'text_encoder/model.onnx': input('input_ids', 'int64', ['batch', 'tokens'], 'int32') }),
    'v prediction': variant({
      [unet]: predictsV,
      'scheduler/scheduler_config.json': { prediction_type: 'v_prediction' },
    }),
    'scaling and shift': variant({
      'vae_decoder/config.json': { scaling_factor: 0.5, shift_factor: 0.25 },
      'vae_decoder/model.onnx': scaledDecoder,
      'vae_encoder/model.onnx': scaledEncoder,
    }),
  }
  test.each(Object.entries(cases))('%s', async (_, folder) => {
    expectSame((await draw(folder)).data, plain.data)
  })
  test('scaling and shift, from an image', async () => {
    expectSame((await draw(cases['scaling and shift']!, plain)).data, plainFrom.data)
  })
})

test('clipping in the configuration is off, as latents have no bounds; a recipe that clips is honoured', async () => {
  const config = { _class_name: 'DDIMScheduler', clip_sample: true, clip_sample_range: 0.5, skip_prk_steps: true }
  const draw = async (given: object) => {
    const pipe = await textToImage(variant({ 'scheduler/scheduler_config.json': { ...config, ...given } }), { runtime })
    try {
      const own = fromDiffusersConfig({
        ...(pipe.schedulerConfig as object),
        clip_sample: true,
        set_alpha_to_one: true,
      })
      const images = []
      for (const recipe of [undefined, own])
        images.push(...(await pipe.generate('a red apple', { steps: 3, seed: 7, recipe, latents: true })))
      return images.map(({ latents }) => [...(latents!.data as Float32Array)])
    } finally {
      await pipe.dispose()
    }
  }
  const [plain, clipped] = await draw({})
  expect(plain).toEqual((await draw({ clip_sample: false }))[0])
  // The last estimate is the result.
  expect(Math.max(...clipped!.map(Math.abs))).toBeCloseTo(0.5, 5)
  expect(Math.max(...plain!.map(Math.abs))).toBeGreaterThan(1)
})

test('graphs in float16 draw nearly the same, with latents in float32 all the way', async () => {
  const folder = variant({
    'text_encoder/model.onnx': output('last_hidden_state', 'float16', states),
    [unet]: all(
      input('sample', 'float16', latents, 'float32'),
      input('encoder_hidden_states', 'float16', states, 'float32'),
      output('out_sample', 'float16', latents),
    ),
    'vae_decoder/model.onnx': all(
      input('latent_sample', 'float16', latents, 'float32'),
      output('sample', 'float16', ['batch', 3, 'height', 'width']),
    ),
    'vae_encoder/model.onnx': all(
      input('sample', 'float16', ['batch', 3, 'height', 'width'], 'float32'),
      output('latent_parameters', 'float16', ['batch', 8, 'height', 'width']),
    ),
  })
  const image = await draw(folder)
  // 2⁻¹¹ of rounding at each border, times a guidance of 7.5.
  expect(psnr(image.data, plain.data)).toBeGreaterThan(45)
  expect(image.latents!.type).toBe('float32')
  expect(psnr((await draw(folder, plain)).data, plainFrom.data)).toBeGreaterThan(45)
})

test.each([
  [false, 32],
  [true, 5],
])('an attention mask is asked for: with use_attention_mask %s it has %d ones', async (use, ones) => {
  const masks: number[] = []
  const spying: Runtime = {
    ...runtime,
    async open(...args) {
      const session = await runtime.open(...args)
      return {
        ...session,
        run(feeds, ...rest) {
          const mask = feeds.attention_mask?.data
          if (mask !== undefined) masks.push(Array.from(mask as BigInt64Array, Number).reduce((a, b) => a + b, 0))
          return session.run(feeds, ...rest)
        },
      }
    },
  }
  const folder = variant({
    'text_encoder/model.onnx': ({ graph }) => {
      graph!.input.push(port('attention_mask', 'int64', ['batch', 'tokens']))
    },
    'text_encoder/config.json': { use_attention_mask: use },
  })
  await draw(folder, undefined, spying)
  // The negative prompt is empty: a start and an end.
  expect(masks).toEqual([use ? 2 : 32, ones])
})

describe('what is not supported is named', () => {
  const cases: Readonly<Record<string, readonly [Folder, RegExp]>> = {
    'Stable Diffusion XL': [variant({ 'text_encoder_2/config.json': {} }), /found text_encoder_2\/config.json.*XL/],
    'its U-Net alone': [
      variant({ [unet]: ({ graph }) => void graph!.input.push(port('text_embeds', 'float32', ['batch', 1280])) }),
      /unet asks for text_embeds.*XL/,
    ],
    'a transformer': [variant({ 'transformer/config.json': {} }), /transformer are not supported yet/],
    'weights of torch alone': [
      variant({ [unet]: null, 'unet/diffusion_pytorch_model.safetensors': {} }),
      /unet\/model.onnx is missing, there is only .*safetensors: convert it with optimum-cli/,
    ],
    'an inpainting model': [
      variant({ [unet]: input('sample', 'float32', ['batch', 9, 'height', 'width'], 'float32') }),
      /unet takes 9 channels \(an inpainting/,
    ],
    'a U-Net without text': [
      variant({
        [unet]: input('sample', 'float32', ['batch', 4, 'height', 'width'], 'float32'),
        'tokenizer/tokenizer.json': null,
        'tokenizer/vocab.json': null,
      }),
      /tokenizer.json is missing, and so is vocab.json/,
    ],
    'a list for a configuration': [
      variant({
        'unet/config.json': { block_out_channels: 'three' },
        'scheduler/scheduler_config.json': { _class_name: 7 },
      }),
      /_class_name/,
    ],
  }
  test.each(Object.entries(cases))('%s', async (_, [folder, message]) => {
    await expect(draw(folder)).rejects.toThrow(message)
  })
})

test('a warning names the prompt that was cut, and says by how much', async () => {
  const pipe = await textToImage(variant({}), { runtime })
  try {
    const warnings: string[] = []
    const options = { steps: 1, onWarning: (message: string) => void warnings.push(message) }
    const long = (count: number) => 'apple '.repeat(count)
    await pipe.generate(['x', long(31), long(30)], { ...options, negativePrompt: long(32) })
    await pipe.generate(long(33), options)
    const reads = 'is longer than the 32 tokens that the model reads, 30 of them for the prompt itself'
    expect(warnings).toEqual([
      `the negative prompt ${reads}: of its 32 tokens the last 2 were cut`,
      `prompt 2 of 3 ${reads}: of its 31 tokens the last one was cut`,
      `the prompt ${reads}: of its 33 tokens the last 3 were cut`,
    ])
  } finally {
    await pipe.dispose()
  }
})

test('a tokenizer that does not fit the text encoder is named', async () => {
  const longer = variant({ 'tokenizer/tokenizer_config.json': { model_max_length: 77 } })
  await expect(draw(longer)).rejects.toThrow(/makes 77 tokens .* reads 32 .*; set model_max_length to 32/)
  const more = variant({ 'tokenizer/special_tokens_map.json': { pad_token: '<pad>' } })
  await expect(draw(more)).rejects.toThrow(/the negative prompt has the token of id 2267, and text_encoder knows 2267/)
})

test('a graph for one size refuses others', async () => {
  const pipe = await textToImage(variant({ [unet]: input('sample', 'float32', ['batch', 4, 16, 16], 'float32') }), {
    runtime,
  })
  await expect(pipe.generate('x', { width: 96 })).rejects.toThrow(/width must be 64, which the model was exported for/)
  await pipe.dispose()
})

describe('a folder without a configuration of its U-Net', () => {
  const folder = variant({ 'unet/config.json': null })
  test('draws the same, at widths that the graph halves', async () => {
    const pipe = await textToImage(folder, { runtime })
    const [image] = await pipe.generate('a red apple', { steps: 1, seed: 7, width: 80, height: 48 })
    await pipe.dispose()
    const plain = await textToImage(variant({}), { runtime })
    const [same] = await plain.generate('a red apple', { steps: 1, seed: 7, width: 80, height: 48 })
    await plain.dispose()
    expect(image!.data).toEqual(same!.data)
  })
  test.each([
    ['width', 68],
    ['height', 72],
  ])('and refuses a %s of %d, which cannot be halved, before it runs anything', async (side, size) => {
    const pipe = await textToImage(folder, { runtime })
    await expect(pipe.generate('a red apple', { steps: 1, width: 64, height: 64, [side]: size })).rejects.toThrow(
      `${side} must be a multiple of 16 from 16 to 16384, got ${size}`,
    )
    await pipe.dispose()
  })
})

describe('a model of noise and zero terminal SNR', () => {
  const of = (config: Readonly<Record<string, unknown>>) => variant({ 'scheduler/scheduler_config.json': config })
  const zero = { _class_name: 'DDIMScheduler', rescale_betas_zero_snr: true, prediction_type: 'epsilon' }
  test('is refused where the run begins without signal, and says what to do', async () => {
    const pipe = await textToImage(of({ ...zero, timestep_spacing: 'trailing' }), { runtime })
    await expect(pipe.generate('a red apple', { steps: 2 })).rejects.toThrow(
      /prediction must be v, sample or flow .*rescale_betas_zero_snr.*set prediction_type to what the model predicts.*got epsilon/,
    )
    await pipe.dispose()
  })
  test.each([
    ['below that level', { ...zero, timestep_spacing: 'leading' }],
    ['at a trace of signal, as Euler has it', { ...zero, _class_name: 'EulerDiscreteScheduler' }],
    ['for a model that predicts v', { ...zero, prediction_type: 'v_prediction', timestep_spacing: 'trailing' }],
  ])('is no matter %s', async (_, config) => {
    const pipe = await textToImage(of(config), { runtime })
    const [image] = await pipe.generate('a red apple', { steps: 2, seed: 7, latents: true, guidance: 1 })
    expect([...(image!.latents!.data as Float32Array)].every(Number.isFinite)).toBe(true)
    await pipe.dispose()
  })
})
