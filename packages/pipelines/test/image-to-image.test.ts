import { model } from '@fewstep/model-emoji'
import { type SourceImage, type TextToImage, textToImage } from '@fewstep/pipelines'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { chooseRecipe } from '@fewstep/sampler/diffusers'
import { pndm, type Solver } from '@fewstep/solvers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { drawn, expectSame, type Run } from './support/reference.ts'

const runtime = nodeRuntime()
let pipe: TextToImage
beforeAll(async () => {
  pipe = await textToImage(directory(model), { runtime })
})
afterAll(() => runtime.dispose())

const sources = drawn('pictures')
const source = (i: number): SourceImage => {
  const { width, height, pixels } = sources[i]!
  return { width, height, data: pixels }
}
const runs = drawn<Run & { readonly strength: number; readonly start: number }>('image-to-image')
const apple = source(runs[0]!.start)

describe('the image from an image equals that of diffusers on a CPU', () => {
  test.each(runs)(
    '$scheduler, $steps steps, strength $strength, guidance $guidance, eta $eta: $prompt',
    async ({ pixels, start, ...run }) => {
      const recipe = chooseRecipe(pipe.schedulerConfig, {
        solver: { name: run.scheduler, ...(run.scheduler === 'ddim' ? { options: { eta: String(run.eta) } } : {}) },
      })
      const [image] = await pipe.generate(run.prompt, {
        recipe,
        image: source(start),
        strength: run.strength,
        negativePrompt: run.negative,
        steps: run.steps,
        guidance: run.guidance,
        seed: run.seed,
      })
      expectSame(image!.data, pixels)
    },
  )
})

test('PLMS as an imported solver starts at the level of the strength', async () => {
  const timesteps = async (solver: Solver | undefined): Promise<readonly (number | undefined)[]> => {
    const seen: (number | undefined)[] = []
    const onStep = ({ level }: { readonly level: { readonly timestep?: number } }): void => {
      seen.push(level.timestep)
    }
    await pipe.generate('x', { image: apple, strength: 0.5, steps: 10, guidance: 1, solver, onStep })
    return seen
  }
  // Of 901, 801 … 1 the last five, 401 to 1; each step is known by where it ends.
  expect(await timesteps(pndm())).toEqual([301, 201, 101, 1, 0])
  expect(await timesteps(undefined)).toEqual([401, 201, 101, 1, 0])
})

test('image i has the seed s + i and equals its single run, bytes and floats alike', async () => {
  const both = await pipe.generate('a star', { image: apple, steps: 4, seed: 4, count: 2 })
  const floats = { ...apple, data: Float32Array.from(apple.data, value => value / 255) }
  const [alone] = await pipe.generate('a star', { image: floats, steps: 4, seed: 5 })
  expect(both[1]!.data).toEqual(alone!.data)
})

test.each([
  ['a strength of 0', { image: apple, strength: 0 }, /strength must be a number above 0 and at most 1, got 0/],
  ['a strength above 1', { image: apple, strength: 1.01 }, /strength must be a number above 0 and at most 1, got 1.01/],
  ['a strength that is no number', { image: apple, strength: Number.NaN }, /strength must be .* got NaN/],
  ['a strength without an image', { strength: 0.5 }, /strength must be given with an image/],
  ['a strength that leaves no step', { image: apple, strength: 0.1, steps: 5 }, /leaves none of 5 steps/],
  ['a size that the model cannot draw', { image: { ...apple, width: 65 } }, /image.width must be a multiple of 16/],
  ['another size than asked for', { image: apple, width: 96 }, /image.width must be the width asked for, 96, got 64/],
  ['too few pixels', { image: { ...apple, height: 80 } }, /image.data must be 15360 numbers, RGB for 64×80 pixels/],
  [
    'a hole in the image',
    { image: { ...apple, data: new Float32Array(apple.data.length).fill(Number.NaN) } },
    /image.data must be floats from 0 to 1, or bytes, got NaN/,
  ],
  [
    'floats as if they were bytes',
    { image: { ...apple, data: new Float32Array(apple.data.length).fill(200) } },
    /image.data must be floats from 0 to 1, or bytes, got 200/,
  ],
] as const)('%s is an error', async (_, options, message) => {
  await expect(pipe.generate('x', { steps: 2, ...options })).rejects.toThrow(message)
})
