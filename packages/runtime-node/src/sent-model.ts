import { resolve } from 'node:path'
import type { Model } from '@fewstep/runtime'
import { inMemory, type Link, type SentModel } from '@fewstep/runtime/remote'
import { resolvedFile, resolvedLinks } from './links.ts'

/** Bytes of a message: larger ones take the memory of a model several times over while they are sent. */
const pieceSize = 8 << 20

/** A model as the other process gets it: its files by absolute paths, its bytes sent ahead in pieces. */
export async function sentModel(model: Model, link: Link): Promise<SentModel> {
  // Before anything is waited for: the process may go to another folder meanwhile.
  const here = absolute(model)
  const resolved = 'path' in here ? await resolvedFile(here) : await resolvedLinks(await inMemory(here))
  if ('path' in resolved) return resolved
  const { bytes, external = new Map() } = resolved
  const rooms: number[] = []
  const ahead = async (whole: Uint8Array): Promise<{ readonly loaded: number }> => {
    const { loaded } = await link.ask('room', { size: whole.length })
    rooms.push(loaded)
    for (let at = 0; at < whole.length; at += pieceSize) {
      await link.ask('piece', { loaded, at, bytes: whole.subarray(at, at + pieceSize) })
    }
    return { loaded }
  }
  try {
    const { loaded } = await ahead(bytes)
    const files = new Map<string, { readonly path: string } | { readonly loaded: number }>()
    for (const [name, data] of external) {
      files.set(name, data instanceof Uint8Array ? await ahead(data) : data)
    }
    return { loaded, external: files }
  } catch (error) {
    // Nobody waits for it, and a process that has ended has freed it.
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
