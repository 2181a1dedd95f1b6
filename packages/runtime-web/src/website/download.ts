import { sha256 } from '@noble/hashes/sha2.js'
import { RuntimeWebError } from '../runtime-web-error.ts'
import { hexOf } from './hashes.ts'
import type { FileRecord, Store } from './store.ts'
import { DroppedError, type Transfer, transfer } from './transfer.ts'

export type Download = {
  readonly url: string
  readonly path: string
  /** What the file should be, where that is known. */
  readonly sha256: string | undefined
  /** `undefined` where nothing can be stored. */
  readonly store: Store | undefined
  readonly signal: AbortSignal | undefined
  readonly onProgress: (loaded: number, total: number | undefined) => void
  /** Called when the browser stores no more: the rest is held in memory. */
  readonly onFull: (error: Error) => void
}

/** Bytes of a part, in the store and in memory at once. */
const partSize = 16 * 2 ** 20

/** Waits before asking again, in ms; as many failures in a row without a byte are an error. */
const waits = [250, 500, 1000, 2000]

/**
 * Fetches a file, part by part, from where an earlier attempt has left it. A connection that drops is taken up where it
 * broke off. The size is checked always, the hash where it is known.
 *
 * @returns the parts, in order
 * @throws RuntimeWebError where the file is not there, cannot be reached, or is not what it should be
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
      // What an earlier visit left may be of another version.
      if (!resumed) throw new RuntimeWebError(`${job.url}: ${problem}`, 'system')
      resumed = false
      file = empty()
    } catch (error) {
      if (!(error instanceof DroppedError)) throw error
      const wait = waits[failures++]
      if (wait === undefined)
        throw new RuntimeWebError(
          `${error.message}; check the connection and try again: what has arrived is kept`,
          'system',
        )
      await new Promise(resolve => setTimeout(resolve, wait))
      job.signal?.throwIfAborted()
    }
  }
}

/** A file as far as it has come. */
type Coming = {
  parts: Blob[]
  /** What is not yet a part. */
  rest: Uint8Array<ArrayBuffer>[]
  restSize: number
  loaded: number
  size: number | undefined
  version: string | undefined
  /** Whether the store took no more. */
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

/** What an earlier visit has left. */
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

/** Whether what comes belongs to what is there: the same version, or one whose hash will tell. */
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

/** Stores what has come as a part. From there it is read again, so that it is in memory no longer. */
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

/** Stores the last part, and tells what is wrong with the whole. */
async function finish(file: Coming, job: Download): Promise<string | undefined> {
  const { sha256, store, path } = job
  if (sha256 !== undefined) {
    const got = hexOf(file.hash.digest())
    if (got !== sha256)
      return `its SHA-256 is ${got}, not ${sha256} as listed: it was changed on its way, or the list is of another version`
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
