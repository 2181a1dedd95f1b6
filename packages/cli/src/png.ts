import { Buffer } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import type { Pixels } from '@fewstep/pipelines'
import { parseSettings, printSettings, type Settings, settingsKey } from '@fewstep/pipelines/settings'
import { decode, encode } from 'fast-png'
import { PNG } from 'pngjs'
import { ArgumentError } from './exit-code.ts'
import { checkLength } from './png-length.ts'

/** Encodes an image as PNG, with its settings in a text chunk. */
export function toPng({ width, height, data }: Pixels, settings?: Settings): Uint8Array {
  const text = settings === undefined ? {} : { [settingsKey]: printSettings(settings) }
  return encode({ width, height, channels: 3, depth: 8, data: new Uint8Array(data), text })
}

/**
 * Reads the settings that fewstep stored in a PNG.
 *
 * @throws ArgumentError where the file is not a PNG or has no such settings
 * @example (await readSettings('apple.png')).prompt
 */
export async function readSettings(path: string): Promise<Settings> {
  const json = textOf(await readBytes(path, '--from'), path)?.[settingsKey]
  if (json === undefined)
    throw new ArgumentError(`--from: ${path} carries no settings of fewstep; choose an image that fewstep wrote`)
  try {
    return parseSettings(json)
  } catch (error) {
    throw new ArgumentError(`--from: the settings in ${path} cannot be read (${(error as Error).message})`)
  }
}

/**
 * Decodes a PNG of any colour type, depth and interlacing to 8-bit RGB. Transparent pixels are composed on white. Colours are
 * the stored samples: the chunks `gAMA` and `iCCP` are ignored, as in PIL.
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

/** The samples at their stored depth. By default pngjs rounds them to 8 bits, before they are composed on white. */
function samples(bytes: Uint8Array): Samples {
  checkLength(bytes)
  const options = { checkCRC: true, skipRescale: true }
  const png = PNG.sync.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), options) as Read
  if (png.width === 0 || png.height === 0) throw new ArgumentError(`its size is ${png.width}×${png.height} pixels`)
  return { ...png, most: png.colorType === colourType.palette ? 255 : 2 ** png.depth - 1 }
}

const colourType = { palette: 3 } as const

/** Fields of pngjs that its types do not list. */
type Read = PNG & { readonly depth: number; readonly colorType: number }

/** The system's message about a file, without error code, system call and path. */
export function reason(error: unknown): string {
  const { message } = error as Error
  return /^E[A-Z0-9]+: ([^,]+)/.exec(message)?.[1] ?? message
}
