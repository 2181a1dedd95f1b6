import type { Cacher } from '@fewstep/cachers'
import { checkNumber } from '@fewstep/errors'
import type { HostValue, Value } from '@fewstep/runtime'
import type { NoiseSource } from '@fewstep/sampler'
import type { Recipe } from '@fewstep/sampler/diffusers'
import type { Schedule } from '@fewstep/schedules'
import type { AdaptiveSolver, Solver, StepEvent } from '@fewstep/solvers'
import { type Generator, readSeed, type Seed, SeedError } from '@fewstep/tensor'
import { RequestError } from './errors.ts'
import type { Size } from './model.ts'
import type { Pixels, SourceImage } from './pixels.ts'

/** Options of `generate`. */
export type GenerateOptions = {
  /** What to keep out of the image; needs guidance above 1. */
  readonly negativePrompt?: string | undefined
  /** The number of sampling steps; 25 where absent. */
  readonly steps?: number | undefined
  /**
   * The scale of classifier-free guidance; 7.5 where absent. 1 or less is no guidance, as in diffusers' pipelines: only the
   * prompt's condition is evaluated, which costs half, and the negative prompt has no effect. CFG++ solvers are the exception:
   * their scale is from 0 to 1, and they evaluate both conditions.
   */
  readonly guidance?: number | undefined
  /**
   * From −2^63 to 2^64−1, as in torch; a bigint beyond 2^53. 0 where absent. Image i of `count` has the seed `seed + i`, and
   * equals the image that this seed gives by itself.
   */
  readonly seed?: Seed | undefined
  /** The number of images for each prompt; 1 where absent. */
  readonly count?: number | undefined
  /** Width and height in pixels. Where absent, those of `image`, or else the model's. */
  readonly width?: number | undefined
  readonly height?: number | undefined
  /** An image to start from. It must have the size of the result. */
  readonly image?: SourceImage | undefined
  /** How much to change `image`: the part of the schedule that is run, above 0 and at most 1; 0.8 where absent. */
  readonly strength?: number | undefined
  /**
   * What the configuration decides: process, prediction, schedule and solver. Where absent, the folder's scheduler
   * configuration decides; see `@fewstep/sampler/diffusers`.
   */
  readonly recipe?: Recipe | undefined
  /** Replaces the recipe's solver. An adaptive solver uses only the ends of the schedule, and the totals in its events are estimates. */
  readonly solver?: Solver | AdaptiveSolver | undefined
  /** Replaces the recipe's schedule. */
  readonly schedule?: Schedule | undefined
  /** The caches; where absent, those given to `textToImage`. Other caches need other graphs, which take time to open. */
  readonly cachers?: readonly Cacher[] | undefined
  /**
   * The noise of stochastic solvers, such as `brownianNoise` of `@fewstep/sampler`, whose path depends on the seed and not on the
   * number of steps. Where absent, the random numbers that follow the starting noise, as in diffusers.
   */
  readonly noise?: NoiseSource<Value> | undefined
  /** Creates the random generator of a seed; torch's CPU generator where absent. */
  readonly generator?: ((seed: Seed) => Generator) | undefined
  /** Whether the result includes the latents, which must then be read from the device; false where absent. */
  readonly latents?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  /** Called after every step of every image. The event's tensors are valid until the callback returns. */
  readonly onStep?: ((event: StepEvent<Value> & { readonly image: number }) => void | Promise<void>) | undefined
  /** Called after every image. */
  readonly onImage?: ((image: Image) => void | Promise<void>) | undefined
  /** Called when a prompt is longer than the text encoder reads, and when the negative prompt has no effect. */
  readonly onWarning?: ((message: string) => void) | undefined
}

/** A generated image. */
export type Image = Pixels & {
  readonly prompt: string
  /** A number where that is exact, otherwise a bigint. */
  readonly seed: Seed
  /** The number of model evaluations, without those that a cache skipped. */
  readonly evaluations: number
  /** How many of them reused the deep features of an earlier evaluation. */
  readonly shallow: number
  /** The latents that the image was decoded from, with the option `latents`. */
  readonly latents?: HostValue
}

/** A checked request, with defaults filled in. */
export type Request = {
  readonly prompts: readonly string[]
  readonly negativePrompt: string
  readonly steps: number
  readonly guidance: number
  readonly seed: Seed
  readonly count: number
  readonly width: number
  readonly height: number
  readonly start: { readonly picture: SourceImage; readonly strength: number } | undefined
}

/** Fills in the defaults and checks the settings. @throws RequestError for invalid settings */
export function checkRequest(prompt: string | readonly string[], options: GenerateOptions, size: Size): Request {
  const { negativePrompt = '', steps = 25, guidance = 7.5, seed = 0, count = 1, image, strength } = options
  const { width = image?.width ?? size.width, height = image?.height ?? size.height } = options
  const prompts = typeof prompt === 'string' ? [prompt] : prompt
  if (!Array.isArray(prompts) || prompts.length === 0 || prompts.some(text => typeof text !== 'string'))
    throw new RequestError('prompt', 'a string or strings', JSON.stringify(prompt))
  whole('steps', steps, 1, 10_000)
  whole('count', count, 1)
  checkSeeds(seed, count)
  checkNumber(
    guidance,
    {},
    expected => new RequestError('guidance', `${expected} (1 or less is no guidance)`, guidance),
  )
  if (image === undefined && strength !== undefined)
    throw new RequestError('strength', 'given with an image to start from', strength)
  for (const [name, requested, given] of [
    ['width', width, image?.width],
    ['height', height, image?.height],
  ] as const) {
    checkSide(image === undefined || options[name] !== undefined ? name : `image.${name}`, requested, size[name], size)
    if (given !== undefined && given !== requested)
      throw new RequestError(`image.${name}`, `the ${name} asked for, ${requested}`, given)
  }
  const start = image === undefined ? undefined : { picture: image, strength: strength ?? 0.8 }
  if (start !== undefined && !(start.strength > 0 && start.strength <= 1))
    throw new RequestError('strength', 'above 0 and at most 1', strength)
  return { prompts, negativePrompt, steps, guidance, seed, count, width, height, start }
}

function checkSide(name: string, side: number, exported: number, { multiple, fixed }: Size): void {
  if (fixed && side !== exported) throw new RequestError(name, `${exported}, which the model was exported for`, side)
  if (!Number.isSafeInteger(side) || side < multiple || side > 16_384 || side % multiple !== 0)
    throw new RequestError(name, `a multiple of ${multiple} from ${multiple} to 16384`, side)
}

function checkSeeds(seed: Seed, count: number): void {
  try {
    readSeed(seed)
  } catch (error) {
    if (!(error instanceof SeedError)) throw error
    throw new RequestError('seed', 'a whole number from -2^63 to 2^64-1, a bigint beyond 2^53', seed)
  }
  const most = 2n ** 64n - BigInt(seed)
  if (BigInt(count) > most)
    throw new RequestError('count', `at most ${most} from seed ${seed}, since seeds end at 2^64-1`, count)
}

function whole(name: string, value: number, minimum?: number, maximum?: number): void {
  checkNumber(value, { whole: true, minimum, maximum }, expected => new RequestError(name, expected, value))
}
