/** What is known of a file that is stored, wholly or in part. */
export type FileRecord = {
  /** Of the whole file; `undefined` where the server has not told. */
  readonly size: number | undefined
  /** What the server calls this version of the file. */
  readonly version: string | undefined
  readonly sha256: string | undefined
  /** How many parts are there. */
  readonly parts: number
  /** Whether it is all of the file, and what it should be. */
  readonly complete: boolean
}

/**
 * The files of one website in the browser's Cache API, each in parts: whatever part has arrived stays, be the page closed
 * meanwhile. Writing rejects where the browser's quota is used up.
 */
export type Store = {
  record(path: string): Promise<FileRecord | undefined>
  write(path: string, record: FileRecord): Promise<void>
  part(path: string, index: number): Promise<Blob | undefined>
  writePart(path: string, index: number, data: Blob): Promise<void>
  forget(path: string): Promise<void>
  /** Whether the website was seen to lack a file. */
  lacks(path: string): Promise<boolean>
  writeLack(path: string): Promise<void>
  /** Bytes in all. */
  size(): Promise<number>
}

export function storeName(base: string): string {
  return `fewstep ${base}`
}

/** @throws where the page may use no cache: outside https, or in some private windows */
export async function openStore(base: string): Promise<Store> {
  const cache = await caches.open(storeName(base))
  const address = (path: string, what: string): string => {
    const url = new URL(path, base)
    url.searchParams.set('fewstep', what)
    return url.href
  }
  const get = async (path: string, what: string): Promise<Response | undefined> => cache.match(address(path, what))
  const put = (path: string, what: string, body: Blob | string): Promise<void> =>
    cache.put(address(path, what), new Response(body))
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
