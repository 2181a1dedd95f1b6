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

/** One file an image; a name of our own never replaces a file. */
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

/** @throws ArgumentError where a file could not be written there */
export async function checkWritable(path: string, option = '--out'): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory() === true || /[/\\]$/.test(path)) {
    const inside = `${path.replace(/[/\\]+$/, '')}/picture.png`
    throw new ArgumentError(`${option}: ${path} is a folder; name a file, such as ${inside}`)
  }
  const folder = dirname(path)
  const place = await stat(folder).catch(() => undefined)
  if (place?.isDirectory() !== true) throw new ArgumentError(`${option}: there is no folder ${folder}; make it first`)
  for (const each of found === undefined || found.isFile() ? [folder, ...(found ? [path] : [])] : [path]) {
    await access(each, constants.W_OK).catch(() => {
      throw new ArgumentError(`${option}: ${each} may not be written; choose another place`)
    })
  }
}

/** @throws ArgumentError where files could not be written into a folder of that name, which need not be there */
export async function checkFolder(path: string, option = '--out'): Promise<void> {
  let place = resolve(path)
  while ((await lstat(place).catch(() => undefined)) === undefined && dirname(place) !== place) place = dirname(place)
  const found = await stat(place).catch(() => undefined)
  if (found?.isDirectory() !== true)
    throw new ArgumentError(
      `${option}: ${place} is ${found === undefined ? 'a link to nowhere' : 'a file'}; name a folder`,
    )
  await access(place, constants.W_OK).catch(() => {
    throw new ArgumentError(`${option}: ${place} may not be written; choose another place`)
  })
}

/** @throws ArgumentError where the name says another format than PNG, or a file could not be written there */
export async function checkPngName(path: string, option = '--out'): Promise<void> {
  // Not the 5 of `apple-v1.5`.
  const ending = /\.[a-z][a-z0-9]*$/i.exec(basename(path))?.[0] ?? '.png'
  if (ending.toLowerCase() !== '.png')
    throw new ArgumentError(
      `${option}: ${path} ends in ${ending}, but images are written as PNG; name it ${path.slice(0, -ending.length)}.png`,
    )
  await checkWritable(path, option)
}

/**
 * The whole file or none, also where a signal ends the process: it gets its name when it is complete. Devices and pipes are
 * written to directly.
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
