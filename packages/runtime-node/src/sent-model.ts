import { resolve } from 'node:path'
import type { Model } from '@fewstep/runtime'
import { inMemory, type Link, type SentModel } from '@fewstep/runtime/remote'
import { resolvedFile, resolvedLinks } from './links.ts'

/** Bytes per message. Sending a large model in one message would take several times its memory. */
const pieceSize = 8 << 20

/** A model as the other process receives it: files by absolute paths, bytes in pieces that are sent first. */
export async function sentModel(model: Model, link: Link): Promise<SentModel> {
  // Before anything is waited for: the process may go to another folder meanwhile.
  const here = absolute(model)
  const resolved = 'path' in here ? await resolvedFile(here) : await resolvedLinks(await inMemory(here))
  if ('path' in resolved) return resolved
  const { bytes, external = new Map() } = resolved
  const rooms: number[] = []
  const sendBytes = async (bytes: Uint8Array): Promise<{ readonly loaded: number }> => {
    const { loaded } = await link.ask('room', { size: bytes.length })
    rooms.push(loaded)
    for (let at = 0; at < bytes.length; at += pieceSize) {
      await link.ask('piece', { loaded, at, bytes: bytes.subarray(at, at + pieceSize) })
    }
    return { loaded }
  }
  try {
    const { loaded } = await sendBytes(bytes)
    const files = new Map<string, { readonly path: string } | { readonly loaded: number }>()
    for (const [name, data] of external) {
      files.set(name, data instanceof Uint8Array ? await sendBytes(data) : data)
    }
    return { loaded, external: files }
  } catch (error) {
    // Errors do not matter: a process that has ended has freed them.
    for (const loaded of rooms) link.ask('unload', { loaded }).catch(() => {})
    throw error
  }
}

function absolute(model: Model): Model {
  if ('path' in model) return { path: resolve(model.path) }
  if (!('bytes' in model) || model.external === undefined) return model
  const files = [...model.external].map(
    ([name, data]) => [name, 'path' in data ? { path: resolve(data.path) } : data] as const,
  )
  return { bytes: model.bytes, external: new Map(files) }
}
