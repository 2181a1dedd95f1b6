import type { Folder } from '@fewstep/runtime'
import { beside } from '../beside.ts'
import { RuntimeWebError } from '../runtime-web-error.ts'
import { fetchedFile, storedFile } from './files.ts'
import type { Hashes } from './hashes.ts'
import { latestList } from './list.ts'
import { type Progress, siteOf } from './site.ts'
import { isMissing, mayPass } from './transfer.ts'

export type WebsiteOptions = {
  /**
   * The SHA-256 of each file by its path in the folder, or the path in the folder of a list written by `sha256sum`, such as
   * `SHA256SUMS`. Files that are not listed count as missing. Files whose hash changed are fetched again.
   */
  readonly hashes?: Hashes | string
  /** Called as bytes arrive. Not called for files that are already stored. */
  readonly onProgress?: (progress: Progress) => void
  /** Called with a message about a problem that does not stop the download, such as a full browser cache. */
  readonly onNote?: (message: string) => void
  /** Aborts downloads. The parts that have arrived stay stored. */
  readonly signal?: AbortSignal
}

/** A folder behind a URL. */
export type Website = Required<Folder> & {
  /** Fetches and stores the given files, or all files listed in `hashes`, so that they can be used offline. */
  download(paths?: readonly string[]): Promise<void>
  /** The number of bytes that the browser stores for this website. */
  stored(): Promise<number>
  /** Deletes everything that the browser stores for this website. */
  evict(): Promise<void>
}

/**
 * The folder behind a URL (relative URLs are relative to the page). Each file is fetched once, checked by its size and, if given,
 * its hash, and stored in the browser's Cache API. From then on it comes from there, also offline. A download resumes after a
 * dropped connection, and after an earlier visit that did not finish it. If the browser's quota is used up, files are held in
 * memory, and `onNote` reports it.
 *
 * @throws RuntimeWebError, also from every method, for a file that does not exist, cannot be reached, or has a wrong hash
 */
export function website(url: string | URL, options: WebsiteOptions = {}): Website {
  const { hashes, onProgress = () => {}, onNote = () => {}, signal } = options
  const site = siteOf(url, { onProgress, onNote, signal })
  const { base } = site
  const files = memo(async (path: string) => fetchedFile(site, path, await hashOf(path)))
  const found = memo(exists)
  const lists = memo(async (list: Hashes | string) => (typeof list === 'string' ? latestList(site, list) : list))

  async function hashOf(path: string): Promise<string | undefined> {
    if (hashes === undefined) return undefined
    const list = await lists.get(hashes)
    if (Object.hasOwn(list, path)) return list[path]!.toLowerCase()
    throw new RuntimeWebError(`${base} has no ${path}: its list of hashes does not name it`, 'model')
  }

  async function exists(path: string): Promise<boolean> {
    if (hashes !== undefined) return Object.hasOwn(await lists.get(hashes), path)
    if ((await storedFile(site, path)) !== undefined) return true
    const store = await site.store()
    const address = site.address(path)
    const response = await fetch(address, { method: 'HEAD', ...(signal && { signal }) }).catch(() => undefined)
    if (response === undefined) {
      signal?.throwIfAborted()
      if ((await store?.lacks(path)) === true) return false
      throw new RuntimeWebError(`${address} cannot be reached; check the connection and try again`, 'system')
    }
    if (mayPass(response.status))
      throw new RuntimeWebError(`${address}: the server answers ${response.status}; try again later`, 'system')
    if (response.ok && !isMissing(response, response.url)) return true
    await store?.writeLack(path).catch((error: Error) => site.full(path, error))
    return false
  }

  return {
    name: base,
    has: found.get,
    read: async path => new Uint8Array(await (await files.get(path)).arrayBuffer()),
    async model(path) {
      return { blob: await files.get(path), external: location => files.get(beside(path, location)) }
    },
    weights: files.get,
    async download(paths) {
      const selected = paths ?? (hashes === undefined ? [] : Object.keys(await lists.get(hashes)))
      if (selected.length === 0)
        throw new RuntimeWebError(
          `${base}: there is nothing to download; give paths, or the option hashes with the list of files`,
          'input',
        )
      for (const path of selected) await files.get(path)
    },
    stored: async () => (await site.store())?.size() ?? 0,
    async evict() {
      for (const { clear } of [files, found, lists]) clear()
      await site.clear()
    },
  }
}

/** Remembers the promise of each key, so concurrent requests share it. After a failure the next request tries again. */
function memo<K, V>(make: (key: K) => Promise<V>): { get(key: K): Promise<V>; clear(): void } {
  const promises = new Map<K, Promise<V>>()
  return {
    clear: () => promises.clear(),
    get(key) {
      const earlier = promises.get(key)
      if (earlier !== undefined) return earlier
      const promise = make(key)
      promises.set(key, promise)
      promise.catch(() => promises.delete(key))
      return promise
    },
  }
}
