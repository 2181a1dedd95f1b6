import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { model } from '@fewstep/model-emoji'
import { textToImage } from '@fewstep/pipelines'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { chooseRecipe, type Recipe } from '@fewstep/sampler/diffusers'
import { type Schedule, trailing } from '@fewstep/schedules'
import { type Solver, unipc } from '@fewstep/solvers'
import { fingerprint } from './fingerprint.ts'

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

/** For the report only: these prompts were not used for any tuning or choice. */
const reportWords = [
  'a banana',
  'a snowman',
  'a purple heart',
  'a frog',
  'an umbrella',
  'a train',
  'a crying face',
  'a mushroom',
  'a book',
  'a moon',
  'a guitar',
  'a slice of pizza',
  'a butterfly',
  'an orange',
  'a clock',
  'a hat',
] as const

/** 32 pairs to tune and to choose with, then those to report with, each with a different prompt. */
export const pairs: readonly Pair[] = [
  ...Array.from({ length: 32 }, (_, i) => ({ prompt: words[i % words.length]!, seed: 100 + i })),
  ...reportWords.map((prompt, i) => ({ prompt, seed: 200 + i })),
]

export const choosingPairs: readonly number[] = [...pairs.keys()].slice(0, 32)
export const reportingPairs: readonly number[] = [...pairs.keys()].slice(32)

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
  /** Forgets exact solutions, which are computed at their first use. */
  forget(): void
  dispose(): Promise<void>
}

/** The embedded model, and how far its runs end from UniPC-3 with 250 evaluations on whole timesteps. */
export async function openDistances(threads: number | undefined): Promise<Distances> {
  const runtime = nodeRuntime(threads === undefined ? {} : { threads })
  const pipe = await textToImage(directory(model), { runtime })
  const recipe = chooseRecipe(pipe.schedulerConfig, { solver: { name: 'ddim' } })
  const latents = async (run: Run, pair: number): Promise<Float32Array> => {
    const { prompt, seed } = pairs[pair]!
    const [image] = await pipe.generate(prompt, { recipe, seed, ...run, latents: true })
    return image!.latents!.data as Float32Array
  }
  // Kept on disk too, since an exact solution takes longer than most of what is compared with it.
  const store = fileURLToPath(new URL('../../node_modules/.cache/fewstep-exact/', import.meta.url))
  mkdirSync(store, { recursive: true })
  const print = await fingerprint(fileURLToPath(model))
  const exact = new Map<string, Promise<Float32Array>>()
  const solution = (guidance: number, pair: number): Promise<Float32Array> => {
    const name = `${guidance} ${pair}`
    const known = exact.get(name)
    if (known !== undefined) return known
    const file = `${store}${print}-${guidance}-${pairs[pair]!.prompt}-${pairs[pair]!.seed}.f32`
    const made = existsSync(file)
      ? Promise.resolve(new Float32Array(new Uint8Array(readFileSync(file)).buffer))
      : latents(
          { solver: unipc({ order: 3, lowerOrderFinal: true }), schedule: trailing(), steps: 250, guidance },
          pair,
        ).then(found => {
          writeFileSync(file, found)
          return found
        })
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
