import { createHash } from 'node:crypto'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { access, constants, lstat, realpath, rename, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import process from 'node:process'
import { FewstepError } from '@fewstep/errors'
import type { Seed } from '@fewstep/tensor'
import { ArgumentError } from './exit-code.ts'
import { reason } from './png.ts'
import { cleanedOnSignal } from './signals.ts'

/** A file name for each image. Without `out`, the names never belong to existing files. */
export function outputNames(out: string | undefined, prompt: string, seeds: readonly Seed[]): readonly string[] {
  return seeds.map(seed => {
    if (out !== undefined) return seeds.length === 1 ? out : out.replace(/(\.png)?$/i, `-${seed}.png`)
    const words = prompt
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .replace(/^-|-$/g, '')
    // Names end at 255 bytes, and a letter has up to four.
    const stem = `${words === '' ? 'image' : [...words].slice(0, 40).join('')}-${seed}`
    let name = `${stem}.png`
    for (let n = 2; existsSync(name); n++) name = `${stem}-${n}.png`
    return name
  })
}

/** @throws ArgumentError where no file can be written at `path` */
export async function checkWritable(path: string, option = '--out'): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory() === true || /[/\\]$/.test(path)) {
    const inside = `${path.replace(/[/\\]+$/, '')}/image.png`
    throw new ArgumentError(`${option}: ${path} is a folder; name a file, such as ${inside}`)
  }
  const folder = dirname(path)
  const place = await stat(folder).catch(() => undefined)
  if (place?.isDirectory() !== true) throw new ArgumentError(`${option}: there is no folder ${folder}; create it first`)
  for (const each of found === undefined || found.isFile() ? [folder, ...(found ? [path] : [])] : [path]) {
    await access(each, constants.W_OK).catch(() => {
      throw new ArgumentError(`${option}: ${each} is not writable; choose another location`)
    })
  }
}

/** @throws ArgumentError where no files can be written into the folder `path`, which need not exist yet */
export async function checkFolder(path: string, option = '--out'): Promise<void> {
  let place = resolve(path)
  while ((await lstat(place).catch(() => undefined)) === undefined && dirname(place) !== place) place = dirname(place)
  const found = await stat(place).catch(() => undefined)
  if (found?.isDirectory() !== true)
    throw new ArgumentError(`${option}: ${place} is ${found === undefined ? 'a broken link' : 'a file'}; name a folder`)
  await access(place, constants.W_OK).catch(() => {
    throw new ArgumentError(`${option}: ${place} is not writable; choose another location`)
  })
}

/** @throws ArgumentError where the file extension is not PNG's, or no file can be written at `path` */
export async function checkPngName(path: string, option = '--out'): Promise<void> {
  // The `.5` of `apple-v1.5` is no extension.
  const ending = /\.[a-z][a-z0-9]*$/i.exec(basename(path))?.[0] ?? '.png'
  if (ending.toLowerCase() !== '.png')
    throw new ArgumentError(
      `${option}: ${path} ends in ${ending}, but images are written as PNG; name it ${path.slice(0, -ending.length)}.png`,
    )
  await checkWritable(path, option)
}

/**
 * Writes a file under a temporary name and renames it, so it is complete or absent, also when a signal ends the process. Writes
 * directly to devices and pipes.
 *
 * @throws WriteError
 */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const target = await realpath(path).catch(() => path)
  const found = await stat(target).catch(() => undefined)
  const temporary = `${target}.${process.pid}.tmp`
  const clean = (): boolean => {
    rmSync(temporary, { force: true })
    return true
  }
  try {
    if (found !== undefined && !found.isFile()) return await writeFile(target, bytes)
    await cleanedOnSignal(clean, async () => {
      try {
        // Made at once: a file that the system was still making could appear after it was removed.
        writeFileSync(temporary, '')
        await writeFile(temporary, bytes, { flag: 'r+' })
        await rename(temporary, target)
      } catch (error) {
        clean()
        throw error
      }
    })
  } catch (error) {
    throw new WriteError(`${path} cannot be written: ${reason(error)}`)
  }
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export class WriteError extends FewstepError {
  override readonly name = 'Cli.WriteError'
  override readonly kind = 'system'
}
