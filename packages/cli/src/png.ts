import { Buffer } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import type { Pixels } from '@fewstep/pipelines'
import { parseSettings, printSettings, type Settings, settingsKey } from '@fewstep/pipelines/settings'
import { decode, encode } from 'fast-png'
import { PNG } from 'pngjs'
import { ArgumentError } from './exit-code.ts'
import { checkLength } from './png-length.ts'

/** The bytes of a PNG, with the settings that made it in a text chunk. */
export function toPng({ width, height, data }: Pixels, settings?: Settings): Uint8Array {
  const text = settings === undefined ? {} : { [settingsKey]: printSettings(settings) }
  return encode({ width, height, channels: 3, depth: 8, data: new Uint8Array(data), text })
}

/**
 * The settings that an image carries.
 *
 * @throws ArgumentError where the file is not an image of ours
 */
export async function readSettings(path: string): Promise<Settings> {
  const json = textOf(await readBytes(path, '--from'), path)?.[settingsKey]
  if (json === undefined) throw new ArgumentError(`--from: ${path} carries no settings of fewstep`)
  try {
    return parseSettings(json)
  } catch (error) {
    throw new ArgumentError(`--from: the settings in ${path} are not readable (${(error as Error).message})`)
  }
}

/**
 * A PNG of any colour type, depth and interlacing as 8-bit RGB, on white where it is transparent. Colours are the stored
 * samples: chunks that say how to show them (`gAMA`, `iCCP`) are not read, as in PIL.
 *
 * @throws ArgumentError
 */
export function toRgb(bytes: Uint8Array, path: string): Pixels {
  const { width, height, data, most } = decoded(path, '--image', () => samples(bytes))
  const out = new Uint8ClampedArray(3 * width * height)
  for (let i = 0; i < width * height; i++) {
    const alpha = data[4 * i + 3]! / most
    for (let c = 0; c < 3; c++) out[3 * i + c] = 255 * ((data[4 * i + c]! / most) * alpha + 1 - alpha)
  }
  return { width, height, data: out }
}

/** @throws ArgumentError */
export async function readBytes(path: string, option: string): Promise<Uint8Array> {
  return readFile(path).catch(error => {
    throw new ArgumentError(`${option}: ${path} cannot be read (${reason(error)})`)
  })
}

/** The text chunks. @throws ArgumentError */
function textOf(bytes: Uint8Array, path: string): Readonly<Record<string, string>> | undefined {
  return decoded(path, '--from', () => decode(bytes, { checkCrc: true })).text
}

/** @throws ArgumentError */
function decoded<T>(path: string, option: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new ArgumentError(`${option}: ${path} is not a readable PNG (${(error as Error).message})`)
  }
}

type Samples = {
  readonly width: number
  readonly height: number
  /** Red, green, blue and alpha of each pixel, each from 0 to `most`. */
  readonly data: ArrayLike<number>
  readonly most: number
}

/** The samples as they are stored, which pngjs would otherwise round to 8 bits before they are put on white. */
function samples(bytes: Uint8Array): Samples {
  checkLength(bytes)
  const options = { checkCRC: true, skipRescale: true }
  const png = PNG.sync.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), options) as Read
  if (png.width === 0 || png.height === 0) throw new ArgumentError(`it is ${png.width}×${png.height} pixels`)
  return { ...png, most: png.colorType === colourType.palette ? 255 : 2 ** png.depth - 1 }
}

const colourType = { palette: 3 } as const

/** What pngjs gives besides what its types say. */
type Read = PNG & { readonly depth: number; readonly colorType: number }

/** What the system says of a file, without its own path and call. */
export function reason(error: unknown): string {
  const { message } = error as Error
  return /^E[A-Z0-9]+: ([^,]+)/.exec(message)?.[1] ?? message
}
