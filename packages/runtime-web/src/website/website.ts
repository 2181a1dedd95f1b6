import type { Folder } from '@fewstep/runtime'
import { RuntimeWebError } from '../runtime-web-error.ts'
import { download } from './download.ts'
import { type Hashes, parseHashes } from './hashes.ts'
import { openStore, type Store, storeName } from './store.ts'
import { isMissing } from './transfer.ts'

export type Progress = {
  readonly path: string
  /** Bytes so far. */
  readonly loaded: number
  /** Bytes in all; `undefined` where the server does not tell. */
  readonly total: number | undefined
}

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
  const base = folderOf(url)
  const files = new Map<string, Promise<File>>()
  const found = new Map<string, Promise<boolean>>()
  let store: Promise<Store | undefined> | undefined
  let hashes: Promise<Hashes | undefined> | undefined

  const opened = (): Promise<Store | undefined> => {
    store ??= openStore(base).catch(({ message }: Error) => {
      onNote(`nothing of ${base} is stored: this page may use no cache (${message}); serve it over https`)
      return undefined
    })
    return store
  }
  const listed = (): Promise<Hashes | undefined> => {
    hashes ??= typeof given === 'string' ? list(given) : Promise.resolve(given)
    hashes.catch(() => {
      hashes = undefined
    })
    return hashes
  }
  /** The latest list; the one that is stored where there is no connection. */
  const list = async (path: string): Promise<Hashes> => {
    const cached = await complete(path)
    const response = await fetch(address(path), { cache: 'no-cache' }).catch(() => undefined)
    if (response?.ok === true && !isMissing(response, response.url)) {
      const text = await response.text()
      const parsed = parseHashes(text, address(path))
      await write(path, text)
      return parsed
    }
    if (cached !== undefined) return parseHashes(await cached.text(), address(path))
    const why = response === undefined ? 'cannot be reached' : `is not there (the server answers ${response.status})`
    throw new RuntimeWebError(`${address(path)}, the list of hashes, ${why}`)
  }
  const write = async (path: string, text: string): Promise<void> => {
    const data = new Blob([text])
    const record = { size: data.size, version: undefined, sha256: undefined, parts: 1, complete: true }
    const store = await opened()
    try {
      await store?.writePart(path, 0, data)
      await store?.write(path, record)
    } catch (error) {
      full(path)(error as Error)
    }
  }
  const address = (path: string): string => {
    const { href } = new URL(path, base)
    if (href.startsWith(base)) return href
    throw new RuntimeWebError(`${base}: the file ${path} lies outside of the folder`)
  }
  const full =
    (path: string) =>
    ({ message }: Error): void =>
      onNote(
        `the browser stores no more, so ${path} is held in memory and fetched again next time; free some space (${message})`,
      )

  /** A file that is stored as a whole, in its listed version. */
  const complete = async (path: string, sha256?: string): Promise<File | undefined> => {
    const store = await opened()
    const record = await store?.record(path)
    if (store === undefined || record === undefined) return undefined
    const another = sha256 !== undefined && record.sha256 !== sha256
    if (another && (record.complete || record.sha256 !== undefined)) {
      await store.forget(path)
      return undefined
    }
    if (!record.complete) return undefined
    const parts = await Promise.all(Array.from({ length: record.parts }, (_, index) => store.part(path, index)))
    const file = fileOf(
      path,
      parts.filter(part => part !== undefined),
    )
    if (file.size === record.size) return file
    await store.forget(path)
    return undefined
  }
  const fetched = async (path: string): Promise<File> => {
    const sha256 = await hashOf(path)
    const stored = await complete(path, sha256)
    if (stored !== undefined) return stored
    const parts = await download({
      url: address(path),
      path,
      sha256,
      store: await opened(),
      signal,
      onProgress: (loaded, total) => onProgress({ path, loaded, total }),
      onFull: full(path),
    })
    return fileOf(path, parts)
  }
  const hashOf = async (path: string): Promise<string | undefined> => {
    const listing = await listed()
    if (listing === undefined) return undefined
    if (Object.hasOwn(listing, path)) return listing[path]!.toLowerCase()
    throw new RuntimeWebError(`${base} has no ${path}: its list of hashes does not name it`)
  }
  const file = (path: string): Promise<File> => {
    let coming = files.get(path)
    if (coming === undefined) {
      coming = fetched(path)
      files.set(path, coming)
      // What failed may work the next time.
      coming.catch(() => files.delete(path))
    }
    return coming
  }
  const exists = async (path: string): Promise<boolean> => {
    const listing = await listed()
    if (listing !== undefined) return Object.hasOwn(listing, path)
    if ((await complete(path)) !== undefined) return true
    const store = await opened()
    const response = await fetch(address(path), { method: 'HEAD', ...(signal && { signal }) }).catch(() => undefined)
    if (response === undefined) {
      if ((await store?.lacks(path)) === true) return false
      throw new RuntimeWebError(`${address(path)} cannot be reached; check the connection and try again`)
    }
    if (response.ok) return !isMissing(response, response.url)
    await store?.writeLack(path).catch(full(path))
    return false
  }

  return {
    name: base,
    has(path) {
      let known = found.get(path)
      if (known === undefined) {
        known = exists(path)
        found.set(path, known)
        known.catch(() => found.delete(path))
      }
      return known
    },
    read: async path => new Uint8Array(await (await file(path)).arrayBuffer()),
    async model(path) {
      return { blob: await file(path), external: location => file(beside(path, location)) }
    },
    weights: file,
    async download(paths) {
      const all = paths ?? Object.keys((await listed()) ?? {})
      if (all.length === 0)
        throw new RuntimeWebError(`${base}: give the paths to download, or hashes that list what there is`)
      for (const path of all) await file(path)
    },
    stored: async () => (await opened())?.size() ?? 0,
    async evict() {
      files.clear()
      found.clear()
      hashes = undefined
      store = undefined
      await globalThis.caches?.delete(storeName(base))
    },
  }
}

/** @throws RuntimeWebError for what is no URL */
function folderOf(url: string | URL): string {
  try {
    const { origin, pathname } = new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href)
    return `${origin}${pathname.endsWith('/') ? pathname : `${pathname}/`}`
  } catch {
    throw new RuntimeWebError(`${String(url)} is no URL of a folder; give one such as https://example.org/model/`)
  }
}

function fileOf(path: string, parts: readonly Blob[]): File {
  return new File([...parts], path)
}

/** The path of a file that the one at `path` names. */
export function beside(path: string, location: string): string {
  return `${path.slice(0, path.lastIndexOf('/') + 1)}${location}`
}
