import { model } from '@fewstep/model-emoji'
import { textToImage } from '@fewstep/pipelines'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { chooseRecipe, type Recipe } from '@fewstep/sampler/diffusers'
import { type Schedule, trailing } from '@fewstep/schedules'
import { type Solver, unipc } from '@fewstep/solvers'

const words = [
  'a red apple',
  'a cat',
  'a blue heart',
  'a sun',
  'a house',
  'a smiling face',
  'a green tree',
  'a fish',
  'a star',
  'a car',
  'a dog',
  'a yellow flower',
  'a rocket',
  'a cup',
  'a bird',
  'a key',
] as const

/** A prompt and a seed. */
export type Pair = { readonly prompt: string; readonly seed: number }

export const pairs: readonly Pair[] = Array.from({ length: 32 }, (_, i) => ({
  prompt: words[i % words.length]!,
  seed: 100 + i,
}))

type Run = {
  readonly solver: Solver
  readonly schedule: Schedule
  readonly steps: number
  readonly guidance: number
}

export type Distances = {
  readonly recipe: Recipe
  /** The root-mean-square difference of a run's latents to the exact ones, from the same noise. */
  distance(run: Run, pair: number): Promise<number>
  /** Forgets exact solutions, which are made when first asked for. */
  forget(): void
  dispose(): Promise<void>
}

/** The embedded model, and how far its runs end from UniPC-3 with 250 calls on whole timesteps. */
export async function openDistances(threads: number | undefined): Promise<Distances> {
  const runtime = nodeRuntime(threads === undefined ? {} : { threads })
  const pipe = await textToImage(directory(model), { runtime })
  const recipe = chooseRecipe(pipe.schedulerConfig, { solver: { name: 'ddim' } })
  const latents = async (run: Run, pair: number): Promise<Float32Array> => {
    const { prompt, seed } = pairs[pair]!
    const [image] = await pipe.generate(prompt, { recipe, seed, ...run, latents: true })
    return image!.latents!.data as Float32Array
  }
  const exact = new Map<string, Promise<Float32Array>>()
  const solution = (guidance: number, pair: number): Promise<Float32Array> => {
    const name = `${guidance} ${pair}`
    const known = exact.get(name)
    if (known !== undefined) return known
    const made = latents({ solver: unipc({ order: 3 }), schedule: trailing(), steps: 250, guidance }, pair)
    exact.set(name, made)
    return made
  }
  return {
    recipe,
    forget: () => exact.clear(),
    dispose: () => runtime.dispose(),
    async distance(run, pair) {
      const truth = await solution(run.guidance, pair)
      const found = await latents(run, pair)
      const squares = found.reduce((sum, value, i) => sum + (value - truth[i]!) ** 2, 0)
      return Math.sqrt(squares / found.length)
    },
  }
}
