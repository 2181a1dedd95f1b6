import { open, readdir, readFile, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { externalFiles, type ModelProto, readModel, writeModel } from '@fewstep/onnx-graph'
import { ArgumentError } from './exit-code.ts'
import { weightFiles } from './model-file.ts'
import { type NewFile, writeTogether } from './write-together.ts'

/**
 * Writes graphs that were derived from the model in `file` into one folder, with their files of external weights. Writes all
 * files or none.
 *
 * @throws ArgumentError where the weights would replace a graph or the weights of another graph in the folder; WriteError;
 * ModelFileError where weights are missing
 */
export async function writeGraphs(file: string, graphs: Readonly<Record<string, ModelProto>>): Promise<void> {
  const targets = Object.keys(graphs)
  const folder = dirname(targets[0]!)
  const taken = new Set(targets.map(path => resolve(path)))
  const weights = new Map<string, string>()
  for (const graph of Object.values(graphs))
    for (const [name, path] of await weightFiles(file, graph)) weights.set(name, path)
  const copies: NewFile[] = []
  for (const [name, source] of weights) {
    const path = join(folder, name)
    if (taken.has(resolve(path)))
      throw new ArgumentError(`--out: ${path} is the name of the model's weights too; choose another name`)
    if (await sameFile(source, path)) continue
    await checkUnused(folder, name, { source, taken })
    copies.push({ path, content: { copyOf: source } })
  }
  const written = Object.entries(graphs).map(([path, graph]) => ({ path, content: writeModel(graph) }))
  await writeTogether([...copies, ...written])
}

async function sameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map(path => stat(path, { bigint: true }).catch(() => undefined)))
  if (a === undefined || b === undefined || a.ino !== b.ino || a.dev !== b.dev) return false
  // Some file systems have no inode numbers.
  return a.ino !== 0n || (await realpath(one)) === (await realpath(other))
}

/** @throws ArgumentError where another graph in the folder uses weights of that name */
async function checkUnused(
  folder: string,
  name: string,
  { source, taken }: { readonly source: string; readonly taken: ReadonlySet<string> },
): Promise<void> {
  const path = join(folder, name)
  if ((await stat(path).catch(() => undefined)) === undefined || (await sameContent(source, path))) return
  const others = (await readdir(folder)).filter(other => /\.onnx$/i.test(other) && !taken.has(resolve(folder, other)))
  for (const other of others) {
    if ((await weightNames(join(folder, other))).some(used => join(folder, used) === path))
      throw new ArgumentError(`--out: ${path} has the weights of ${basename(other)} already; choose another folder`)
  }
}

async function weightNames(path: string): Promise<readonly string[]> {
  try {
    return externalFiles(readModel(new Uint8Array(await readFile(path))))
  } catch {
    // A file that is no model has no weights.
    return []
  }
}

async function sameContent(one: string, other: string): Promise<boolean> {
  const [a, b] = [await open(one), await open(other)]
  try {
    const size = (await a.stat()).size
    if ((await b.stat()).size !== size) return false
    const length = 1 << 22
    const [left, right] = [Buffer.alloc(length), Buffer.alloc(length)]
    for (let at = 0; at < size; at += length) {
      const [mine, theirs] = [await a.read(left, 0, length, at), await b.read(right, 0, length, at)]
      if (!left.subarray(0, mine.bytesRead).equals(right.subarray(0, theirs.bytesRead))) return false
    }
    return true
  } finally {
    await Promise.all([a.close(), b.close()])
  }
}
