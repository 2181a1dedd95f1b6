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
 * A model in memory whose external data on disk is named by the files themselves, not by links to them. The library looks in
 * one folder; files elsewhere are read into memory.
 */
export async function resolvedLinks(model: InMemory): Promise<InMemory> {
  const { bytes, external = new Map<string, Uint8Array | FileOnDisk>() } = model
  const names = new Map<string, string>()
  const files = new Map<string, Uint8Array | FileOnDisk>()
  let first: string | undefined
  for (const [name, data] of external) {
    if (data instanceof Uint8Array) {
      files.set(name, data)
      continue
    }
    const path = await realpath(data.path).catch(() => data.path)
    const tail = sep + normalize(name)
    const own = path.endsWith(tail) ? name : basename(path)
    const folder = path.endsWith(tail) ? path.slice(0, -tail.length) : dirname(path)
    first ??= folder
    if (own !== name && folder === first) names.set(name, own)
    // What is not there is told when the library misses it.
    const elsewhere = folder === first ? undefined : await readFile(path).catch(() => undefined)
    files.set(names.get(name) ?? name, elsewhere === undefined ? { path } : new Uint8Array(elsewhere))
  }
  if (names.size === 0) return external.size === 0 ? model : { bytes, external: files }
  return { bytes: renamedFiles(bytes, names), external: files }
}
