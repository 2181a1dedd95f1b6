import { readFile } from 'node:fs/promises'
import type { Picture } from '@fewstep/pipelines'
import { parseSettings, printSettings, type Settings, settingsKey } from '@fewstep/pipelines/settings'
import { convertIndexedToRgb, type DecodedPng, decode, encode } from 'fast-png'
import { ArgumentError } from './exit-code.ts'

/** The bytes of a PNG, with the settings that made it in a text chunk. */
export function toPng({ width, height, data }: Picture, settings?: Settings): Uint8Array {
  const text = settings === undefined ? {} : { [settingsKey]: printSettings(settings) }
  return encode({ width, height, channels: 3, depth: 8, data: new Uint8Array(data), text })
}

/**
 * The settings that a picture carries.
 *
 * @throws ArgumentError where the file is not a picture of ours
 */
export async function readSettings(path: string): Promise<Settings> {
  const json = decoded(await readBytes(path, '--from'), path, '--from').text?.[settingsKey]
  if (json === undefined) throw new ArgumentError(`--from: ${path} carries no settings of fewstep`)
  try {
    return parseSettings(json)
  } catch (error) {
    throw new ArgumentError(`--from: the settings in ${path} are not readable (${(error as Error).message})`)
  }
}

/** A PNG as 8-bit RGB, on white where it is transparent. @throws ArgumentError */
export function toRgb(bytes: Uint8Array, path: string): Picture {
  const png = decoded(bytes, path, '--image')
  const { width, height } = png
  const { data, channels, most } = samples(png)
  const out = new Uint8ClampedArray(3 * width * height)
  const colours = channels >= 3 ? 3 : 1
  for (let i = 0; i < width * height; i++) {
    const alpha = channels === colours ? 1 : data[channels * i + colours]! / most
    for (let c = 0; c < 3; c++) {
      const value = (data[channels * i + (colours === 3 ? c : 0)]! / most) * 255
      out[3 * i + c] = value * alpha + 255 * (1 - alpha)
    }
  }
  return { width, height, data: out }
}

/** @throws ArgumentError */
export async function readBytes(path: string, option: string): Promise<Uint8Array> {
  return readFile(path).catch(error => {
    throw new ArgumentError(`${option}: ${path} cannot be read (${reason(error)})`)
  })
}

function decoded(bytes: Uint8Array, path: string, option: string): DecodedPng {
  try {
    return decode(bytes, { checkCrc: true })
  } catch (error) {
    throw new ArgumentError(`${option}: ${path} is not a readable PNG (${(error as Error).message})`)
  }
}

type Samples = { readonly data: DecodedPng['data']; readonly channels: number; readonly most: number }

function samples(png: DecodedPng): Samples {
  const { width, height, depth, channels, data } = png
  // Fewer than 8 bits come packed; grey is unpacked as a palette of greys.
  const greys = Array.from({ length: 2 ** depth }, (_, i) => Array(3).fill((255 * i) / (2 ** depth - 1)))
  const palette = png.palette ?? (depth < 8 ? (greys as [number, number, number][]) : undefined)
  if (palette === undefined) return { data, channels, most: 2 ** depth - 1 }
  const colours = convertIndexedToRgb({ ...png, palette })
  return { data: colours, channels: colours.length / (width * height), most: 255 }
}

/** What the system says of a file, without its own path and call. */
export function reason(error: unknown): string {
  const { message } = error as Error
  return /^E[A-Z0-9]+: ([^,]+)/.exec(message)?.[1] ?? message
}
