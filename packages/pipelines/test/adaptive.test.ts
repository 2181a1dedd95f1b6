import { deepCache, easyCache, freeU, guidanceInterval, taylorSeer, tGate } from '@fewstep/cachers'
import { model } from '@fewstep/model-emoji'
import { type GenerateOptions, type TextToImage, textToImage } from '@fewstep/pipelines'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { brownianNoise } from '@fewstep/sampler'
import { fromDiffusersConfig } from '@fewstep/sampler/diffusers'
import { exponential } from '@fewstep/schedules'
import { dpmAdaptive, dpmpp1Sde, dpmpp3m } from '@fewstep/solvers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const runtime = nodeRuntime()
let pipe: TextToImage
beforeAll(async () => {
  pipe = await textToImage(directory(model), { runtime })
})
afterAll(() => runtime.dispose())

const schedule = exponential()
async function latents(options: GenerateOptions): Promise<Float32Array> {
  const [image] = await pipe.generate('a red apple', { guidance: 1, seed: 7, schedule, latents: true, ...options })
  return image!.latents!.data as Float32Array
}

/** The root mean square of the difference, as a part of that of `b`. */
function distance(a: Float32Array, b: Float32Array): number {
  const size = (values: Float32Array): number => Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0))
  return size(a.map((value, i) => value - b[i]!)) / size(b)
}

describe('an adaptive solver', () => {
  test('comes closer to the exact image as its tolerance falls, and reports its progress', async () => {
    const exact = await latents({ solver: dpmpp3m(), steps: 40 })
    const distances: number[] = []
    const calls: number[] = []
    for (const rtol of [0.5, 0.02]) {
      const progress: number[] = []
      let evaluations = 0
      const solver = dpmAdaptive({ rtol, atol: rtol / 6 })
      distances.push(
        distance(
          await latents({
            solver,
            steps: 10,
            onStep: event => {
              progress.push(event.progress)
              evaluations = event.evaluations
            },
          }),
          exact,
        ),
      )
      calls.push(evaluations)
      expect(progress.every((part, i) => part > (progress[i - 1] ?? 0))).toBe(true)
      expect(progress.at(-1)).toBe(1)
    }
    // A step may err by 0.02, and there are some twenty.
    expect(distances[1]!).toBeLessThan(0.05)
    expect(distances[1]!).toBeLessThan(distances[0]! / 2)
    expect(calls[0]!).toBeLessThan(calls[1]!)
  })

  test('starts from an image where the schedule would', async () => {
    const [image] = await pipe.generate('a red apple', { steps: 4, seed: 7 })
    const rhos: number[] = []
    const options = {
      solver: dpmAdaptive({ rtol: 0.5, atol: 0.1 }),
      onStep: ({ level }: { readonly level: { readonly alpha: number; readonly sigma: number } }) =>
        void rhos.push(level.sigma / level.alpha),
    }
    await pipe.generate('a red apple', { ...options, image: image!, strength: 0.3, steps: 10, seed: 7, schedule })
    // The third of ten levels from the end.
    const full = schedule.levels(10, fromDiffusersConfig(pipe.schedulerConfig).process)
    expect(rhos[0]!).toBeLessThan(full[7]!.sigma / full[7]!.alpha)
    expect(rhos.at(-1)).toBe(0)
  })

  test.each([deepCache(), tGate({ gate: 4 }), guidanceInterval(), easyCache(), taylorSeer()])(
    'refuses $name, which needs to know its calls beforehand',
    async cacher => {
      const drawn = latents({ solver: dpmAdaptive(), cachers: [cacher] })
      await expect(drawn).rejects.toThrow(
        `${cacher.name} must be used with a solver that fixes its evaluations before the run (choose another solver, or leave the cache out), got dpm-adaptive`,
      )
    },
  )

  test('goes with FreeU, which does not', async () => {
    const solver = dpmAdaptive({ rtol: 0.5, atol: 0.1 })
    const [plain, changed] = [await latents({ solver }), await latents({ solver, cachers: [freeU()] })]
    expect(distance(changed, plain)).toBeGreaterThan(0.01)
  })
})

test('a Brownian path gives nearly the same image for any number of steps, independent noise a different one each time', async () => {
  const solver = dpmpp1Sde()
  const [few, many] = [6, 20]
  const path = async (seed: number, steps: number) => latents({ solver, steps, seed, noise: brownianNoise })
  const own = distance(await path(7, few), await path(7, many))
  const apart = distance(await latents({ solver, steps: few }), await latents({ solver, steps: many }))
  expect(own).toBeLessThan(apart / 2)
})
