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

export type GenerateOptions = {
  readonly negativePrompt?: string | undefined
  /** What the schedule counts; 25 where absent. */
  readonly steps?: number | undefined
  /**
   * The scale of classifier-free guidance; 7.5 where absent. 1 or less is no guidance, as in diffusers' pipelines: the
   * prompt's condition alone is evaluated, which costs half, and the negative prompt has no effect. CFG++ solvers alone
   * use a scale from 0 to 1, and evaluate both conditions.
   */
  readonly guidance?: number | undefined
  /**
   * From −2^63 to 2^64−1, as in torch; a bigint beyond 2^53. Image i of `count` has the seed `seed + i`, and is the image of
   * that seed alone. 0 where absent.
   */
  readonly seed?: Seed | undefined
  readonly count?: number | undefined
  /** In pixels; those of `image`, else the model's own, where absent. */
  readonly width?: number | undefined
  readonly height?: number | undefined
  /** An image to start from instead of noise alone; it has the size of the result. */
  readonly image?: SourceImage | undefined
  /** How much of the schedule is run on `image`, above 0 and at most 1, which leaves little of it. 0.8 where absent. */
  readonly strength?: number | undefined
  /** What the scheduler configuration would decide; see `@fewstep/sampler/diffusers`. */
  readonly recipe?: Recipe | undefined
  /** Of one with adaptive steps only the ends of the schedule count, and its events' totals are estimates. */
  readonly solver?: Solver | AdaptiveSolver | undefined
  readonly schedule?: Schedule | undefined
  /** What calls may reuse; those given to `textToImage` where absent. Others ask for other graphs, which takes a moment. */
  readonly cachers?: readonly Cacher[] | undefined
  /**
   * Where a solver's draws come from, such as `brownianNoise` of `@fewstep/sampler`, whose path is that of the seed however many
   * steps there are. Where absent, the next numbers after the starting noise, as in diffusers.
   */
  readonly noise?: NoiseSource<Value> | undefined
  /** Random numbers of a seed; torch's on a CPU where absent. */
  readonly generator?: ((seed: Seed) => Generator) | undefined
  /** Whether images have their latents too, which must be read from the device for that; false where absent. */
  readonly latents?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  /** After every step of every image; its tensors are lent until it returns. */
  readonly onStep?: ((event: StepEvent<Value> & { readonly image: number }) => void | Promise<void>) | undefined
  /** After every image. */
  readonly onImage?: ((image: Image) => void | Promise<void>) | undefined
  /** Called when a prompt is longer than the text encoder reads, and when the negative prompt has no effect. */
  readonly onWarning?: ((message: string) => void) | undefined
}

export type Image = Pixels & {
  readonly prompt: string
  /** A number where that is exact, else a bigint. */
  readonly seed: Seed
  /** Model evaluations, without those that a cache left out. */
  readonly evaluations: number
  /** Those of them that reused the deep features of an earlier one. */
  readonly shallow: number
  /** The latents that the image was decoded from, where they were asked for. */
  readonly latents?: HostValue
}

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

/** A request with its defaults. @throws RequestError for settings that make no image */
export function checkRequest(prompt: string | readonly string[], options: GenerateOptions, size: Size): Request {
  const { negativePrompt = '', steps = 25, guidance = 7.5, seed = 0, count = 1, image, strength } = options
  const { width = image?.width ?? size.width, height = image?.height ?? size.height } = options
  const prompts = typeof prompt === 'string' ? [prompt] : prompt
  if (!Array.isArray(prompts) || prompts.length === 0 || prompts.some(words => typeof words !== 'string'))
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
  for (const [name, wanted, own] of [
    ['width', width, image?.width],
    ['height', height, image?.height],
  ] as const) {
    checkSide(image === undefined || options[name] !== undefined ? name : `image.${name}`, wanted, size[name], size)
    if (own !== undefined && own !== wanted)
      throw new RequestError(`image.${name}`, `the ${name} asked for, ${wanted}`, own)
  }
  const start = image === undefined ? undefined : { picture: image, strength: strength ?? 0.8 }
  if (start !== undefined && !(start.strength > 0 && start.strength <= 1))
    throw new RequestError('strength', 'above 0 and at most 1', strength)
  return { prompts, negativePrompt, steps, guidance, seed, count, width, height, start }
}

function checkSide(name: string, wanted: number, own: number, { multiple, fixed }: Size): void {
  if (fixed && wanted !== own) throw new RequestError(name, `${own}, which the model was exported for`, wanted)
  if (!Number.isSafeInteger(wanted) || wanted < multiple || wanted > 16_384 || wanted % multiple !== 0)
    throw new RequestError(name, `a multiple of ${multiple} from ${multiple} to 16384`, wanted)
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
