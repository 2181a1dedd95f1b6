import { model } from '@fewstep/model-emoji'
import { clipTokenizer, type TextToImage, textToImage } from '@fewstep/pipelines'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { chooseRecipe } from '@fewstep/sampler/diffusers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { drawn, expectSame, type Run, reference } from './support/reference.ts'
import { floatTimestep, variant } from './support/variant.ts'

const runtime = nodeRuntime()
let pipe: TextToImage
let told: TextToImage
beforeAll(async () => {
  pipe = await textToImage(directory(model), { runtime })
  told = await textToImage(variant({ 'unet/model.onnx': floatTimestep }), { runtime })
})
afterAll(() => runtime.dispose())

// Euler under Karras has fractional timesteps, which a U-Net with optimum's int64 input cannot be told.
const fractional = ({ scheduler }: Run): boolean => scheduler === 'euler:karras'

describe('the image equals that of diffusers on a CPU', () => {
  test.each(drawn('pictures'))(
    '$scheduler, $steps steps, guidance $guidance, eta $eta: $prompt',
    async ({ pixels, ...run }) => {
      const [name, variant] = run.scheduler.split(':')
      const recipe = chooseRecipe(pipe.schedulerConfig, {
        solver: { name: name!, ...(name === 'ddim' ? { options: { eta: String(run.eta) } } : {}) },
        ...(variant === undefined ? {} : { schedule: { name: variant } }),
      })
      const [image] = await (fractional(run) ? told : pipe).generate(run.prompt, {
        recipe,
        negativePrompt: run.negative,
        steps: run.steps,
        guidance: run.guidance,
        seed: run.seed,
        width: run.width,
        height: run.height,
      })
      expectSame(image!.data, pixels)
    },
  )
})

test('timesteps in float32 change nothing where they are whole, and count where they are not', async () => {
  const draw = async (pipe: TextToImage, scheduler: string) => {
    const recipe = chooseRecipe(pipe.schedulerConfig, { solver: { name: 'euler' }, schedule: { name: scheduler } })
    return (await pipe.generate('a red apple', { recipe, steps: 5, seed: 7 }))[0]!.data
  }
  expect(await draw(told, 'leading')).toEqual(await draw(pipe, 'leading'))
  expect(await draw(told, 'karras')).not.toEqual(await draw(pipe, 'karras'))
})

test('image i has the seed s + i and equals its single run', async () => {
  const both = await pipe.generate('a star', { steps: 3, seed: 4, count: 2 })
  const [alone] = await pipe.generate('a star', { steps: 3, seed: 5 })
  expect(both.map(({ seed }) => seed)).toEqual([4, 5])
  expect(both[1]!.data).toEqual(alone!.data)
})

test('bad settings are named', async () => {
  await expect(pipe.generate('x', { steps: 0 })).rejects.toThrow(/steps must be/)
  await expect(pipe.generate('x', { guidance: Number.NaN })).rejects.toThrow(/guidance must be/)
  await expect(pipe.generate('x', { width: 65 })).rejects.toThrow(/multiple of 16/)
  await expect(textToImage(directory('nowhere'), { runtime })).rejects.toThrow(/scheduler_config.json is missing/)
})

test('an abort stops between calls', async () => {
  const control = new AbortController()
  const onStep = () => control.abort()
  await expect(pipe.generate('x', { steps: 10, signal: control.signal, onStep })).rejects.toThrow(/abort/)
})

describe('token ids equal those of transformers', () => {
  const prompts = JSON.parse(reference('clip-tokens.json').toString()) as readonly {
    prompt: string
    ids: number[]
  }[]
  const whole = directory(model)
  const bare = { ...whole, has: (path: string) => path !== 'tokenizer/tokenizer.json' && whole.has(path) }
  test.each(prompts)('$prompt', async ({ prompt, ids }) => {
    expect((await clipTokenizer(whole)).encode(prompt).ids).toEqual(ids)
    expect((await clipTokenizer(bare)).encode(prompt).ids).toEqual(ids)
  })
})
