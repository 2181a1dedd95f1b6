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
   * The SHA-256 of each file: by its path in the folder, or the path in the folder of a list that `sha256sum` has written,
   * such as `SHA256SUMS`. Files that are not listed are not there, and files that changed are fetched anew.
   */
  readonly hashes?: Hashes | string
  /** Called as bytes arrive; not for files that the browser has stored already. */
  readonly onProgress?: (progress: Progress) => void
  /** Called when something is not as it should be, but goes on: a browser that stores no more, for one. */
  readonly onNote?: (message: string) => void
  /** Ends what is being fetched; what has arrived is kept. */
  readonly signal?: AbortSignal
}

/** A folder behind a URL. */
export type Website = Required<Folder> & {
  /** Fetches files, all that are listed where no paths are given, so that they are there without a connection. */
  download(paths?: readonly string[]): Promise<void>
  /** Bytes that the browser stores of it. */
  stored(): Promise<number>
  /** Removes all that the browser stores of it. */
  evict(): Promise<void>
}

/**
 * The folder behind a URL (relative ones are relative to the page). Each file is fetched once, its size checked, and its hash
 * where one is given, and stays in the browser's Cache API, from which it comes from then on, without a connection too. A
 * connection that drops is taken up where it broke off, and so is what an earlier visit has left. Where the browser stores
 * nothing more, files are held in memory, which `onNote` tells.
 *
 * @throws RuntimeWebError, from every method, for what is not there, cannot be reached, or is not what it should be
 */
export function website(url: string | URL, options: WebsiteOptions = {}): Website {
  const { hashes: given, onProgress = () => {}, onNote = () => {}, signal } = options
  const site = siteOf(url, { onProgress, onNote, signal })
  const { base } = site
  const files = memo(async (path: string) => fetchedFile(site, path, await hashOf(path)))
  const found = memo(exists)
  const lists = memo(async (list: Hashes | string) => (typeof list === 'string' ? latestList(site, list) : list))

  async function hashOf(path: string): Promise<string | undefined> {
    if (given === undefined) return undefined
    const list = await lists.get(given)
    if (Object.hasOwn(list, path)) return list[path]!.toLowerCase()
    throw new RuntimeWebError(`${base} has no ${path}: its list of hashes does not name it`, 'model')
  }

  async function exists(path: string): Promise<boolean> {
    if (given !== undefined) return Object.hasOwn(await lists.get(given), path)
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
      const all = paths ?? (given === undefined ? [] : Object.keys(await lists.get(given)))
      if (all.length === 0)
        throw new RuntimeWebError(`${base}: give the paths to download, or hashes that list what there is`, 'input')
      for (const path of all) await files.get(path)
    },
    stored: async () => (await site.store())?.size() ?? 0,
    async evict() {
      for (const { clear } of [files, found, lists]) clear()
      await site.clear()
    },
  }
}

/** What is asked for twice is made once; what failed is made anew the next time. */
function memo<K, V>(make: (key: K) => Promise<V>): { get(key: K): Promise<V>; clear(): void } {
  const made = new Map<K, Promise<V>>()
  return {
    clear: () => made.clear(),
    get(key) {
      const known = made.get(key)
      if (known !== undefined) return known
      const coming = make(key)
      made.set(key, coming)
      coming.catch(() => made.delete(key))
      return coming
    },
  }
}
