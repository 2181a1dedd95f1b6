import { FewstepError } from '@fewstep/errors'
import { readSeed, type Seed, seedToJson } from '@fewstep/tensor'
import * as v from 'valibot'

/** The settings of an image, as they are stored in its PNG. */
export type Settings = {
  readonly prompt: string
  readonly negative: string
  readonly steps: number
  readonly guidance: number
  /** In JSON, a number where that is exact, otherwise decimal text. */
  readonly seed: Seed
  readonly solver?: string | undefined
  readonly schedule?: string | undefined
  /** `sequential` (also where absent) or `brownian`. */
  readonly noise?: string | undefined
  /** As the command line's `--cache` takes them. */
  readonly caches?: readonly string[] | undefined
  readonly width?: number | undefined
  readonly height?: number | undefined
  /** The image that it started from. */
  readonly image?: { readonly file: string; readonly sha256: string } | undefined
  readonly strength?: number | undefined
  /** The model; without `folder`, the embedded one. */
  readonly model?: { readonly folder?: string | undefined; readonly fingerprint: string } | undefined
}

const text = v.string()
const number = v.number()
const seed = v.pipe(
  v.union([number, text]),
  v.check(
    isSeed,
    ({ input }) => `expected a whole number from -2^63 to 2^64-1, as text beyond 2^53, but received ${input}`,
  ),
  v.transform((value: number | string): Seed => readSeed(value)),
)
const schema: v.GenericSchema<unknown, Settings> = v.object({
  prompt: text,
  negative: text,
  steps: number,
  guidance: number,
  seed,
  solver: v.optional(text),
  schedule: v.optional(text),
  noise: v.optional(text),
  caches: v.optional(v.array(text)),
  width: v.optional(number),
  height: v.optional(number),
  image: v.optional(v.object({ file: text, sha256: text })),
  strength: v.optional(number),
  model: v.optional(v.object({ folder: v.optional(text), fingerprint: text })),
})

function isSeed(value: number | string): boolean {
  try {
    readSeed(value)
    return true
  } catch {
    return false
  }
}

/** Reads settings from JSON. @throws SettingsError for text that is not JSON, or not settings */
export function parseSettings(json: string): Settings {
  const parsed = v.safeParse(schema, readJson(json))
  if (parsed.success) return parsed.output
  const [issue] = parsed.issues
  throw new SettingsError(`${issue.path?.map(({ key }) => String(key)).join('.') ?? 'the settings'}: ${issue.message}`)
}

function readJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (error) {
    throw new SettingsError((error as Error).message)
  }
}

/** Text that cannot be read as settings. */
export class SettingsError extends FewstepError {
  override readonly name = 'Pipelines.SettingsError'
  override readonly kind = 'input'
}

/** The keyword of the PNG text chunk that holds the settings. */
export const settingsKey = 'fewstep'

/** Settings as JSON in ASCII: text in a PNG is Latin-1, so all other characters are escaped. */
export function printSettings(settings: Settings): string {
  const ascii = (c: string): string => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify({ ...settings, seed: seedToJson(settings.seed) }).replace(/[^\x20-\x7e]/g, ascii)
}
