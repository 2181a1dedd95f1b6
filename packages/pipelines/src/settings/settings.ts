import { FewstepError } from '@fewstep/errors'
import * as v from 'valibot'

/** What makes a picture, as it is stored in the picture. */
export type Settings = {
  readonly prompt: string
  readonly negative: string
  readonly steps: number
  readonly guidance: number
  readonly seed: number
  readonly solver?: string | undefined
  readonly schedule?: string | undefined
  /** `sequential` where absent, or `brownian`. */
  readonly noise?: string | undefined
  /** As the command line's `--cache` takes them. */
  readonly caches?: readonly string[] | undefined
  readonly width?: number | undefined
  readonly height?: number | undefined
  /** The picture that it was drawn from. */
  readonly image?: { readonly file: string; readonly sha256: string } | undefined
  readonly strength?: number | undefined
  /** No folder stands for the embedded model. */
  readonly model?: { readonly folder?: string | undefined; readonly fingerprint: string } | undefined
}

const text = v.string()
const number = v.number()
const schema: v.GenericSchema<unknown, Settings> = v.object({
  prompt: text,
  negative: text,
  steps: number,
  guidance: number,
  seed: number,
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

/** @throws SettingsError where the JSON is none, or says something else than settings */
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

/** Text that is no settings. */
export class SettingsError extends FewstepError {
  override readonly name = 'Pipelines.SettingsError'
  override readonly kind = 'input'
}

/** The text chunk of a PNG that carries them. */
export const settingsKey = 'fewstep'

/** Settings as JSON in ASCII: text of a PNG is Latin-1, so everything beyond is escaped. */
export function printSettings(settings: Settings): string {
  const ascii = (c: string): string => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(settings).replace(/[^\x20-\x7e]/g, ascii)
}
