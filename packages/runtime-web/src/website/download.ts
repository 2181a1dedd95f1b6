import { sha256 } from '@noble/hashes/sha2.js'
import { RuntimeWebError } from '../runtime-web-error.ts'
import { hexOf } from './hashes.ts'
import type { FileRecord, Store } from './store.ts'
import { DroppedError, type Transfer, transfer } from './transfer.ts'

export type Download = {
  readonly url: string
  readonly path: string
  /** The hash that the file must have, if it is known. */
  readonly sha256: string | undefined
  /** `undefined` if nothing can be stored. */
  readonly store: Store | undefined
  readonly signal: AbortSignal | undefined
  readonly onProgress: (loaded: number, total: number | undefined) => void
  /** Called when the browser's quota is used up. The rest is then held in memory. */
  readonly onFull: (error: Error) => void
}

/** Bytes of a part as it is stored, and the most that is in memory before it is stored. */
const partSize = 16 * 2 ** 20

/** Pauses before each new attempt, in ms. After that many failures in a row without a new byte, the download fails. */
const waits = [250, 500, 1000, 2000]

/**
 * Fetches a file in parts. It continues after the parts that an earlier attempt has stored, and resumes when a connection drops.
 * The size is always checked, the hash if it is known.
 *
 * @returns the parts, in order
 * @throws RuntimeWebError if the file does not exist, cannot be reached, or has a wrong hash
 */
export async function download(job: Download): Promise<readonly Blob[]> {
  let file = await begun(job)
  let resumed = file.loaded > 0
  let failures = 0
  for (;;) {
    try {
      if (file.size === undefined || file.loaded !== file.size || file.loaded === 0) {
        const coming = await transfer(job.url, file.loaded, job.signal)
        if (coming.start !== file.loaded || !continues(file, coming, job)) {
          resumed = false
          await job.store?.forget(job.path)
          const restart = file.loaded > 0 && coming.start > 0
          file = empty()
          if (restart) {
            await coming.body.cancel()
            continue
          }
        }
        file.size = coming.size
        file.version = coming.version
        await receive(file, coming.body, job, () => {
          failures = 0
        })
      }
      const problem = await finish(file, job)
      if (problem === undefined) return file.parts
      await job.store?.forget(job.path)
      // The stored parts may belong to another version of the file.
      if (!resumed) throw new RuntimeWebError(`${job.url}: ${problem}`, 'system')
      resumed = false
      file = empty()
    } catch (error) {
      if (!(error instanceof DroppedError)) throw error
      const wait = waits[failures++]
      if (wait === undefined)
        throw new RuntimeWebError(
          `${error.message}; check the connection and try again (the part that has arrived is kept)`,
          'system',
        )
      await new Promise(resolve => setTimeout(resolve, wait))
      job.signal?.throwIfAborted()
    }
  }
}

/** A file that is being downloaded. */
type Coming = {
  parts: Blob[]
  /** Bytes that are not in a part yet. */
  rest: Uint8Array<ArrayBuffer>[]
  restSize: number
  loaded: number
  size: number | undefined
  version: string | undefined
  /** Whether the browser's quota is used up. */
  full: boolean
  hash: ReturnType<typeof sha256.create>
}

function empty(): Coming {
  return {
    parts: [],
    rest: [],
    restSize: 0,
    loaded: 0,
    size: undefined,
    version: undefined,
    full: false,
    hash: sha256.create(),
  }
}

/** The parts that an earlier attempt has stored. */
async function begun({ store, path, onProgress }: Download): Promise<Coming> {
  const file = empty()
  const record = await store?.record(path)
  if (store === undefined || record === undefined || record.complete) return file
  for (let index = 0; index < record.parts; index++) {
    const part = await store.part(path, index)
    if (part === undefined) break
    for await (const chunk of chunks(part.stream(), error => error)) file.hash.update(chunk)
    file.parts.push(part)
    file.loaded += part.size
  }
  onProgress(file.loaded, record.size)
  return { ...file, size: record.size, version: record.version }
}

/** Whether a transfer belongs to the stored parts: it has the same version, or the hash will be checked at the end. */
function continues(file: Coming, coming: Transfer, { sha256 }: Download): boolean {
  if (file.loaded === 0) return true
  if (coming.size !== file.size) return false
  return coming.version === undefined ? sha256 !== undefined : coming.version === file.version
}

async function receive(
  file: Coming,
  body: ReadableStream<Uint8Array>,
  job: Download,
  onBytes: () => void,
): Promise<void> {
  const lost = ({ message }: Error): Error => {
    job.signal?.throwIfAborted()
    return new DroppedError(`${job.url}: the connection was lost after ${file.loaded} bytes (${message})`)
  }
  for await (const chunk of chunks(body, lost)) {
    onBytes()
    file.hash.update(chunk)
    file.rest.push(chunk)
    file.restSize += chunk.length
    file.loaded += chunk.length
    job.onProgress(file.loaded, file.size)
    if (file.restSize >= partSize) await closePart(file, job)
  }
  if (file.size !== undefined && file.loaded < file.size)
    throw new DroppedError(`${job.url}: the connection ended after ${file.loaded} of ${file.size} bytes`)
}

/** Stores the received bytes as a part, and refers to the stored part from then on, so the bytes can be freed. */
async function closePart(file: Coming, job: Download): Promise<void> {
  const { store, path } = job
  const data = new Blob(file.rest)
  const index = file.parts.length
  let stored: Blob | undefined
  if (store !== undefined && !file.full) {
    try {
      await store.writePart(path, index, data)
      await store.write(path, { ...recordOf(file, job), parts: index + 1, complete: false })
      stored = await store.part(path, index)
    } catch (error) {
      file.full = true
      job.onFull(error as Error)
    }
  }
  file.parts.push(stored ?? data)
  file.rest = []
  file.restSize = 0
}

/** Checks the hash and stores the last part. Returns the problem if the hash is wrong. */
async function finish(file: Coming, job: Download): Promise<string | undefined> {
  const { sha256, store, path } = job
  if (sha256 !== undefined) {
    const got = hexOf(file.hash.digest())
    if (got !== sha256)
      return `its SHA-256 is ${got}, not ${sha256} as listed: it was changed in transit, or the list belongs to another version`
  }
  if (file.restSize > 0 || file.parts.length === 0) await closePart(file, job)
  if (!file.full) {
    try {
      await store?.write(path, { ...recordOf(file, job), size: file.loaded, parts: file.parts.length, complete: true })
    } catch (error) {
      job.onFull(error as Error)
    }
  }
  return undefined
}

function recordOf(file: Coming, { sha256 }: Download): Omit<FileRecord, 'parts' | 'complete'> {
  return { size: file.size, version: file.version, sha256 }
}

async function* chunks(
  body: ReadableStream<Uint8Array>,
  failed: (error: Error) => Error,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: Error) => Promise.reject(failed(error)))
      if (done) return
      yield value as Uint8Array<ArrayBuffer>
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}
