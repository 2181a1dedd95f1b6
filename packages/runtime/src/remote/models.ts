import { externalFiles, readModel, renameExternalFiles, writeModel } from '@fewstep/onnx-graph'
import { diagnose, type ExternalFile } from '../diagnosis.ts'
import type { FileOnDisk, Model, Weights } from '../runtime.ts'
import type { Handed, Link } from './calls.ts'
import type { SentModel } from './messages.ts'

type InMemory = Extract<Model, { readonly bytes: Uint8Array }>

/** The name of a model in error messages. */
export function labelOf(model: Model): string {
  if ('path' in model) return model.path
  if ('bytes' in model) return `a model of ${model.bytes.length} bytes`
  return `${model.blob instanceof File ? model.blob.name : 'a model'} of ${model.blob.size} bytes`
}

/** Copies of the bytes, to be transferred: transferring a view would transfer its whole buffer. Blobs are not read. */
export function copyOf({ bytes, external }: InMemory): { readonly model: InMemory; readonly handed: Handed } {
  const copy = Uint8Array.from(bytes)
  if (external === undefined) return { model: { bytes: copy }, handed: [copy.buffer] }
  const files = [...external].map(
    ([path, data]) => [path, data instanceof Uint8Array ? Uint8Array.from(data) : data] as const,
  )
  const buffers = files.flatMap(([, data]) => (data instanceof Uint8Array ? [data.buffer] : []))
  return { model: { bytes: copy, external: new Map(files) }, handed: [copy.buffer, ...buffers] }
}

/** A model whose blob is read by the other thread. */
export async function loadedThere(
  { blob, external }: Extract<Model, { readonly blob: Blob }>,
  link: Link,
): Promise<{ readonly model: SentModel; readonly handed: Handed }> {
  const { loaded, external: names } = await link.ask('load', { blob })
  try {
    const files = names.map(async name => [name, await external(name)] as const)
    return { model: { loaded, external: new Map(await Promise.all(files)) }, handed: [] }
  } catch (error) {
    // Errors do not matter: a thread that has ended has freed it.
    link.ask('unload', { loaded }).catch(() => {})
    throw error
  }
}

/** A model with all blobs read into memory. Files on disk stay there. */
export async function inMemory(
  model: Exclude<Model, { readonly path: string }>,
): Promise<{ readonly bytes: Uint8Array; readonly external?: ReadonlyMap<string, Uint8Array | FileOnDisk> }> {
  if ('bytes' in model) {
    const { bytes, external } = model
    return external === undefined ? { bytes } : { bytes, external: await read([...external]) }
  }
  const bytes = await bytesOf(model.blob)
  const names = namedFiles(bytes)
  const files = names.map(async name => [name, await model.external(name)] as const)
  return names.length === 0 ? { bytes } : { bytes, external: await read(await Promise.all(files)) }
}

/** The files of external data that a serialized model names. None if it is not readable; opening it then reports why. */
export function namedFiles(bytes: Uint8Array): readonly string[] {
  try {
    return externalFiles(readModel(bytes))
  } catch {
    return []
  }
}

/** A serialized model in which files of external data are renamed. */
export function renamedFiles(bytes: Uint8Array, names: ReadonlyMap<string, string>): Uint8Array {
  const model = readModel(bytes)
  renameExternalFiles(model, names)
  return writeModel(model)
}

async function bytesOf(data: Uint8Array | Blob): Promise<Uint8Array> {
  return data instanceof Blob ? new Uint8Array(await data.arrayBuffer()) : data
}

function isOnDisk(data: Weights): data is FileOnDisk {
  return !(data instanceof Uint8Array) && !(data instanceof Blob)
}

/** Why a model in memory did not open. `fileOnDisk` looks at a file, in runtimes that have a disk. */
export async function problemOf(
  model: Exclude<Model, { readonly path: string }>,
  on: {
    readonly device: string
    readonly message: string
    readonly fileOnDisk?: (path: string) => Promise<ExternalFile | undefined>
  },
): Promise<string> {
  const { device, message, fileOnDisk } = on
  const look = async (data: Weights | undefined): Promise<ExternalFile | undefined> => {
    if (data === undefined) return undefined
    if (isOnDisk(data)) return fileOnDisk?.(data.path)
    if (data instanceof Blob) return { size: data.size, start: await bytesOf(data.slice(0, 64)) }
    return { size: data.length, start: data.subarray(0, 64) }
  }
  if ('bytes' in model) {
    const { bytes, external } = model
    return diagnose({ message, device, bytes, external: location => look(external?.get(location)) })
  }
  const { blob, external } = model
  return diagnose({
    message,
    device,
    bytes: await bytesOf(blob),
    external: async location => look(await external(location).catch(() => undefined)),
  })
}

async function read(
  files: readonly (readonly [string, Weights])[],
): Promise<ReadonlyMap<string, Uint8Array | FileOnDisk>> {
  const entries = files.map(async ([name, data]) => [name, isOnDisk(data) ? data : await bytesOf(data)] as const)
  return new Map(await Promise.all(entries))
}
