/** The record of a completely or partly stored file. */
export type FileRecord = {
  /** Size of the complete file; `undefined` if the server has not sent it. */
  readonly size: number | undefined
  /** The server's name for this version of the file (`ETag` or `Last-Modified`). */
  readonly version: string | undefined
  readonly sha256: string | undefined
  /** How many parts are stored. */
  readonly parts: number
  /** Whether the file is stored completely and has been checked. */
  readonly complete: boolean
}

/**
 * The files of one website in the browser's Cache API, in parts. A part that has arrived stays stored even if the page is closed.
 * Writing rejects if the browser's quota is used up.
 */
export type Store = {
  record(path: string): Promise<FileRecord | undefined>
  write(path: string, record: FileRecord): Promise<void>
  part(path: string, index: number): Promise<Blob | undefined>
  writePart(path: string, index: number, data: Blob): Promise<void>
  forget(path: string): Promise<void>
  /** Whether an earlier request found that the website does not have this file. */
  lacks(path: string): Promise<boolean>
  writeLack(path: string): Promise<void>
  /** Bytes of all stored files. */
  size(): Promise<number>
}

export function storeName(base: string): string {
  return `fewstep ${base}`
}

/** @throws if the page cannot use the Cache API: without https, or in some private windows */
export async function openStore(base: string): Promise<Store> {
  const cache = await caches.open(storeName(base))
  const address = (path: string, entry: string): string => {
    const url = new URL(path, base)
    url.searchParams.set('fewstep', entry)
    return url.href
  }
  const get = async (path: string, entry: string): Promise<Response | undefined> => cache.match(address(path, entry))
  const put = (path: string, entry: string, body: Blob | string): Promise<void> =>
    cache.put(address(path, entry), new Response(body))
  const record: Store['record'] = async path =>
    (await get(path, 'record'))?.json() as Promise<FileRecord | undefined> | undefined
  return {
    record,
    write: (path, record) => put(path, 'record', JSON.stringify(record)),
    part: async (path, index) => (await get(path, `part-${index}`))?.blob(),
    writePart: (path, index, data) => put(path, `part-${index}`, data),
    async forget(path) {
      const found = await record(path)
      await cache.delete(address(path, 'record'))
      for (let index = 0; index < (found?.parts ?? 0); index++) await cache.delete(address(path, `part-${index}`))
    },
    lacks: async path => (await get(path, 'lack')) !== undefined,
    writeLack: path => put(path, 'lack', ''),
    async size() {
      const found = await Promise.all((await cache.keys()).map(async request => (await cache.match(request))?.blob()))
      return found.reduce((sum, blob) => sum + (blob?.size ?? 0), 0)
    },
  }
}
