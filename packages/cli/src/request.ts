import { randomInt } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { NumberRange } from '@fewstep/errors'
import { model as embedded } from '@fewstep/model-emoji'
import type { Pixels } from '@fewstep/pipelines'
import type { Settings } from '@fewstep/pipelines/settings'
import { ArgumentError } from './exit-code.ts'
import { sha256 } from './files.ts'
import type { Flags } from './generate.ts'
import { parseNumber, parseSeed } from './parse.ts'
import { readBytes, readSettings, toRgb } from './png.ts'

export const devices = ['cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const

const numbers = {
  steps: { whole: true, minimum: 1, maximum: 10_000 },
  guidance: {},
  width: { whole: true, minimum: 1 },
  height: { whole: true, minimum: 1 },
  count: { whole: true, minimum: 1, maximum: 10_000 },
  threads: { whole: true, minimum: 1, maximum: 1024 },
  strength: { minimum: 0, maximum: 1 },
} as const satisfies Readonly<Record<string, NumberRange>>

/** The command's arguments, checked as far as possible without a model. */
export type Request = {
  readonly settings: Settings
  readonly count: number
  readonly device: (typeof devices)[number]
  readonly threads: number | undefined
  readonly folder: string
  /** The folder as it is stored in the image; `undefined` for the embedded model. */
  readonly model: string | undefined
  readonly image: Pixels | undefined
  /** The fingerprint of the model that generated the image of `--from`. */
  readonly expected: string | undefined
}

/** @throws ArgumentError */
export async function readRequest(words: readonly string[], flags: Flags): Promise<Request> {
  const before = flags.from === undefined ? undefined : await readSettings(flags.from)
  const number = (name: keyof typeof numbers): number | undefined =>
    flags[name] === undefined ? undefined : parseNumber(name, flags[name], numbers[name])
  const source = await startingImage(flags, before)
  const strength = number('strength') ?? before?.strength
  const settings: Settings = {
    prompt: promptOf(words, before),
    negative: flags.negative ?? before?.negative ?? '',
    steps: number('steps') ?? before?.steps ?? 25,
    guidance: number('guidance') ?? before?.guidance ?? 7.5,
    seed: (flags.seed === undefined ? before?.seed : parseSeed(flags.seed)) ?? randomInt(2 ** 31),
    solver: flags.solver ?? before?.solver,
    schedule: flags.schedule ?? before?.schedule,
    noise: flags.noise ?? before?.noise,
    caches: cachesOf(flags) ?? before?.caches,
    // With an image to start from, the size is that image's.
    width: number('width') ?? (source === undefined ? before?.width : undefined),
    height: number('height') ?? (source === undefined ? before?.height : undefined),
    image: source && { file: source.file, sha256: source.sha256 },
    strength: source === undefined ? strength : (strength ?? 0.8),
  }
  if (settings.strength !== undefined && source === undefined)
    throw new ArgumentError('--strength needs an image to start from: --image FILE.png')
  if (settings.strength === 0) throw new ArgumentError('--strength must be a number above 0 and at most 1, got 0')
  const count = number('count') ?? 1
  const most = 2n ** 64n - BigInt(settings.seed)
  if (BigInt(count) > most)
    throw new ArgumentError(
      `--count must be at most ${most} from seed ${settings.seed}, since seeds end at 2^64-1, got ${count}`,
    )
  const device = devices.find(name => name === (flags.device ?? 'cpu'))
  if (device === undefined)
    throw new ArgumentError(`--device must be one of ${devices.join(', ')}, got ${flags.device}`)
  const named = flags.model ?? before?.model?.folder
  const model = named === undefined ? undefined : await modelFolder(named)
  const expected = flags.model === undefined ? before?.model?.fingerprint : undefined
  return {
    settings,
    count,
    device,
    threads: number('threads'),
    folder: model ?? fileURLToPath(embedded),
    model,
    image: source?.pixels,
    expected,
  }
}

/** The caches of `--cache` and `--freeu`. @throws ArgumentError */
function cachesOf({ cache, freeu }: Flags): readonly string[] | undefined {
  if (freeu === undefined) return cache
  const strengths = freeu.split(',')
  if (strengths.length !== 4) throw new ArgumentError(`--freeu takes four numbers, b1,b2,s1,s2, got ${freeu}`)
  const [b1, b2, s1, s2] = strengths
  return [...(cache ?? []), `freeu:b1=${b1},b2=${b2},s1=${s1},s2=${s2}`]
}

function promptOf(prompts: readonly string[], before: Settings | undefined): string {
  const [prompt = before?.prompt] = prompts
  const example = 'fewstep generate "a red apple"'
  if (prompts.length > 1)
    throw new ArgumentError(`got ${prompts.length} prompts; give one prompt, in quotes: ${example}`)
  if (prompt === undefined || prompt.trim() === '')
    throw new ArgumentError(`the prompt is missing; write what the image should show: ${example}`)
  return prompt
}

async function modelFolder(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory() === true) return resolve(path)
  throw new ArgumentError(`--model: ${path} ${found === undefined ? 'does not exist' : 'is a file'}; name a folder`)
}

/** The image of `--image`, or else the one that the image of `--from` started from, if it has not changed. */
async function startingImage(flags: Flags, before: Settings | undefined) {
  const file = flags.image ?? before?.image?.file
  if (file === undefined) return undefined
  const again = flags.image === undefined
  const bytes = await readBytes(file, again ? `--from: the image that ${flags.from} started from` : '--image')
  const hash = sha256(bytes)
  if (again && hash !== before?.image?.sha256)
    throw new ArgumentError(
      `--from: ${file} has changed since ${flags.from} was generated from it; name it with --image`,
    )
  return { file: resolve(file), sha256: hash, pixels: toRgb(bytes, file) }
}
