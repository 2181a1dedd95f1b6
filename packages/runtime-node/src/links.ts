import { readdir, readFile, realpath } from 'node:fs/promises'
import { basename, dirname, join, normalize, sep } from 'node:path'
import type { FileOnDisk } from '@fewstep/runtime'
import { namedFiles, renamedFiles } from '@fewstep/runtime/remote'

type InMemory = { readonly bytes: Uint8Array; readonly external?: ReadonlyMap<string, Uint8Array | FileOnDisk> }

/**
 * A model on disk as onnxruntime opens it. External data may lie beside the model or beside the file that the model is a link
 * to, as in a snapshot of Hugging Face's cache; links that lead elsewhere are refused by the library, so such a model is
 * read, and its weights named by where they are.
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
 * A model in memory whose external data on disk is named by the files themselves, not by links to them. The library takes
 * files from one folder only; where they lie in several, they are read into memory.
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
  const renamed = files.filter(({ name, own }) => own !== name)
  const names = new Map(renamed.map(({ name, own }) => [name, own]))
  return {
    bytes: names.size === 0 ? bytes : renamedFiles(bytes, names),
    external: new Map(files.map(({ own, data }) => [own, data])),
  }
}

type Place = {
  readonly data: Uint8Array | FileOnDisk
  /** The folder that a file on disk lies in, and its name from there. */
  readonly folder?: string
  readonly own: string
}

async function placeOf(name: string, data: Uint8Array | FileOnDisk): Promise<Place> {
  if (data instanceof Uint8Array) return { data, own: name }
  // What is not there is told when the library misses it.
  const path = await realpath(data.path).catch(() => data.path)
  const tail = sep + normalize(name)
  return path.endsWith(tail)
    ? { data: { path }, folder: path.slice(0, -tail.length), own: name }
    : { data: { path }, folder: dirname(path), own: basename(path) }
}

async function content(file: FileOnDisk): Promise<Uint8Array | FileOnDisk> {
  const bytes = await readFile(file.path).catch(() => undefined)
  return bytes === undefined ? file : new Uint8Array(bytes)
}
