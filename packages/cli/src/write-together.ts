import { readdirSync, rmdirSync, rmSync } from 'node:fs'
import { constants, copyFile, link, lstat, mkdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, relative } from 'node:path'
import process from 'node:process'
import { WriteError } from './files.ts'
import { reason } from './png.ts'
import { cleanedOnSignal } from './signals.ts'

/** A file to write: its bytes, or the file that it is to be a copy of. */
export type NewFile = { readonly path: string; readonly content: Uint8Array | { readonly copyOf: string } }

/**
 * Writes all files or none: each is made under another name, and they get their names when all are complete. Older files of
 * these names are replaced, a link itself and not what it leads to. Copies share the disk's blocks where the disk allows.
 * Devices and pipes are written to directly.
 *
 * @throws WriteError
 */
export async function writeTogether(files: readonly NewFile[]): Promise<void> {
  const made = new Set<string>()
  const folders: string[] = []
  const clean = (): void => {
    for (const path of made) rmSync(path, { force: true })
    for (const folder of folders.toReversed()) if (isEmpty(folder)) rmdirSync(folder)
  }
  let placing = false
  // Giving files their names takes a moment, which is waited for.
  const cleanNow = (): boolean => {
    if (!placing) clean()
    return !placing
  }
  await cleanedOnSignal(cleanNow, async () => {
    const placed: Placed[] = []
    try {
      for (const [i, { path, content }] of files.entries()) {
        await named(path, async () => {
          folders.push(...(await makeFolder(dirname(path))))
          const found = await stat(path).catch(() => undefined)
          if (found?.isDirectory() === true) throw new WriteError(`${path} cannot be written: this is a folder`)
          if (found !== undefined && !found.isFile()) return await make(content, path)
          const temporary = `${path}.${process.pid}-${i}.tmp`
          made.add(temporary)
          await make(content, temporary)
          const old = (await exists(path)) ? `${path}.${process.pid}-${i}.old.tmp` : undefined
          placed.push({ path, temporary, old })
        })
      }
      placing = true
      await place(placed)
    } catch (error) {
      clean()
      throw error
    }
  })
}

type Placed = { readonly path: string; readonly temporary: string; readonly old: string | undefined }

/** Gives files their names; where one cannot have it, those before it lose theirs again. */
async function place(files: readonly Placed[]): Promise<void> {
  const undo: (() => Promise<void>)[] = []
  try {
    for (const { path, temporary, old } of files) {
      await named(path, async () => {
        if (old !== undefined) {
          await link(path, old).catch(() => rename(path, old))
          undo.push(() => rename(old, path))
        }
        await rename(temporary, path)
        if (old === undefined) undo.push(() => rm(path, { force: true }))
      })
    }
  } catch (error) {
    for (const step of undo.reverse()) await step().catch(() => {})
    throw error
  }
  for (const { old } of files) if (old !== undefined) await rm(old, { force: true })
}

async function make(content: NewFile['content'], target: string): Promise<void> {
  if (content instanceof Uint8Array) return writeFile(target, content)
  // The file itself, not a link to it: links are relative to where they lie.
  const source = await realpath(content.copyOf)
  await rm(target, { force: true })
  await link(source, target).catch(() => copyFile(source, target, constants.COPYFILE_FICLONE))
}

/** The folders that had to be made, outermost first. */
async function makeFolder(folder: string): Promise<readonly string[]> {
  const first = await mkdir(folder, { recursive: true })
  if (first === undefined) return []
  const inside = relative(first, folder)
  const parts = inside === '' ? [] : inside.split(/[/\\]/)
  return [first, ...parts.map((_, i) => `${first}/${parts.slice(0, i + 1).join('/')}`)]
}

/** Whether there is such a folder, with nothing in it. */
function isEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0
  } catch {
    return false
  }
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined
}

async function named(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write()
  } catch (error) {
    if (error instanceof WriteError) throw error
    throw new WriteError(`${path} cannot be written: ${reason(error)}`)
  }
}
