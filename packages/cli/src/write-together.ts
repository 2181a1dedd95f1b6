import { readdirSync, rmdirSync, rmSync } from 'node:fs'
import { constants, copyFile, link, lstat, mkdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, relative } from 'node:path'
import process from 'node:process'
import { WriteError } from './files.ts'
import { reason } from './png.ts'
import { cleanedOnSignal } from './signals.ts'

/** A file to write: its bytes, or the path of a file to copy. */
export type NewFile = { readonly path: string; readonly content: Uint8Array | { readonly copyOf: string } }

/**
 * Writes all files or none: each under a temporary name first, and all are renamed when they are complete. Existing files are
 * replaced; a link is replaced itself, not its target. Copies share disk blocks where the file system supports that. Writes
 * directly to devices and pipes.
 *
 * @throws WriteError
 */
export async function writeTogether(files: readonly NewFile[]): Promise<void> {
  const temporaries = new Set<string>()
  const folders: string[] = []
  const clean = (): void => {
    for (const path of temporaries) rmSync(path, { force: true })
    for (const folder of folders.toReversed()) if (isEmpty(folder)) rmdirSync(folder)
  }
  let placing = false
  // Renaming takes a moment: let it finish.
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
          temporaries.add(temporary)
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

/** Renames the files. If one cannot be renamed, the files before it are restored. */
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
  // Resolve links first: a relative link would break in another folder.
  const source = await realpath(content.copyOf)
  await rm(target, { force: true })
  await link(source, target).catch(() => copyFile(source, target, constants.COPYFILE_FICLONE))
}

/** Creates a folder, and returns the folders that did not exist before, outermost first. */
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
