import { access, constants, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import process from 'node:process'
import type { Image } from '@fewstep/pipelines'
import { decode, encode } from 'fast-png'
import { ArgumentError } from './exit-code.ts'
import type { Settings } from './settings.ts'

const key = 'fewstep'

/** Writes a PNG that carries its settings, under a temporary name first. */
export async function writePicture(path: string, image: Image, settings: Settings): Promise<void> {
  // Text of a PNG is Latin-1, so everything beyond ASCII is escaped.
  const json = JSON.stringify(settings).replace(
    /[^\x20-\x7e]/g,
    c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  const bytes = encode({
    width: image.width,
    height: image.height,
    channels: 3,
    depth: 8,
    data: new Uint8Array(image.data),
    text: { [key]: json },
  })
  const temporary = `${path}.${process.pid}.tmp`
  try {
    await writeFile(temporary, bytes)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** @throws ArgumentError where the file is not a picture of ours */
export async function readSettings(path: string): Promise<Settings> {
  const bytes = await readFile(path).catch(() => {
    throw new ArgumentError(`--from: ${path} cannot be read`)
  })
  try {
    const json = decode(bytes).text?.[key]
    if (json !== undefined) return JSON.parse(json) as Settings
  } catch (error) {
    throw new ArgumentError(`--from: ${path} is not a readable PNG (${(error as Error).message})`)
  }
  throw new ArgumentError(`--from: ${path} carries no settings of fewstep`)
}

/** @throws ArgumentError where a file could not be written there */
export async function checkWritable(path: string): Promise<void> {
  const folder = dirname(path)
  await access(folder, constants.W_OK).catch(() => {
    throw new ArgumentError(`--out: the folder ${folder} does not exist or cannot be written`)
  })
  if ((await stat(path).catch(() => undefined))?.isDirectory() === true) {
    throw new ArgumentError(`--out: ${path} is a folder; name a file, such as ${path.replace(/\/+$/, '')}/picture.png`)
  }
}
