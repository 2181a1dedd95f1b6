import { readdir, readFile, realpath } from 'node:fs/promises'
import { basename, dirname, join, normalize, sep } from 'node:path'
import type { FileOnDisk } from '@fewstep/runtime'
import { namedFiles, renamedFiles } from '@fewstep/runtime/remote'

type InMemory = { readonly bytes: Uint8Array; readonly external?: ReadonlyMap<string, Uint8Array | FileOnDisk> }

/**
 * A model on disk in a form that onnxruntime opens. The library accepts external data beside the model, or beside the file that
 * the model links to, as in a snapshot of Hugging Face's cache. It refuses links to other places, so such a model is read into
 * memory and its weights are named by the files that the links lead to.
 */
export async function resolvedFile(model: FileOnDisk): Promise<FileOnDisk | InMemory> {
  const { path } = model
  const folder = dirname(path)
  const real = await realpath(path).catch(() => path)
  const allowed = [await realpath(folder).catch(() => folder), dirname(real)]
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const links = entries.filter(entry => entry.isSymbolicLink()).map(({ name }) => join(folder, name))
  const targets = await Promise.all(links.map(link => realpath(link).catch(() => undefined)))
  if (targets.every(target => target === undefined || allowed.includes(dirname(target)))) return model
  const bytes = new Uint8Array(await readFile(path))
  const names = namedFiles(bytes)
  return resolvedLinks({ bytes, external: new Map(names.map(name => [name, { path: join(folder, name) }])) })
}

/**
 * A model in memory in which links to external data are replaced by the files that they lead to. The library accepts files from
 * one folder only; files in several folders are read into memory.
 */
export async function resolvedLinks(model: InMemory): Promise<InMemory> {
  const { bytes, external } = model
  if (external === undefined) return model
  const files = await Promise.all([...external].map(async ([name, data]) => ({ name, ...(await placeOf(name, data)) })))
  const folders = new Set(files.flatMap(({ folder }) => (folder === undefined ? [] : [folder])))
  if (folders.size > 1) {
    const read = files.map(
      async ({ name, data }) => [name, data instanceof Uint8Array ? data : await content(data)] as const,
    )
    return { bytes, external: new Map(await Promise.all(read)) }
  }
  const renamed = files.filter(({ name, realName }) => realName !== name)
  const names = new Map(renamed.map(({ name, realName }) => [name, realName]))
  return {
    bytes: names.size === 0 ? bytes : renamedFiles(bytes, names),
    external: new Map(files.map(({ realName, data }) => [realName, data])),
  }
}

type Place = {
  readonly data: Uint8Array | FileOnDisk
  /** The folder of a file on disk, and the file's name relative to it. */
  readonly folder?: string
  readonly realName: string
}

async function placeOf(name: string, data: Uint8Array | FileOnDisk): Promise<Place> {
  if (data instanceof Uint8Array) return { data, realName: name }
  // A missing file is reported when the library does not find it.
  const path = await realpath(data.path).catch(() => data.path)
  const tail = sep + normalize(name)
  return path.endsWith(tail)
    ? { data: { path }, folder: path.slice(0, -tail.length), realName: name }
    : { data: { path }, folder: dirname(path), realName: basename(path) }
}

async function content(file: FileOnDisk): Promise<Uint8Array | FileOnDisk> {
  const bytes = await readFile(file.path).catch(() => undefined)
  return bytes === undefined ? file : new Uint8Array(bytes)
}
