import { RuntimeWebError } from '../runtime-web-error.ts'
import { openStore, type Store, storeName } from './store.ts'

export type Progress = {
  readonly path: string
  /** Bytes received so far. */
  readonly loaded: number
  /** The file's size in bytes; `undefined` if the server does not send it. */
  readonly total: number | undefined
}

/** The website that files are fetched from, and the place where they are stored. */
export type Site = {
  /** The folder's URL, which ends with a slash. */
  readonly base: string
  /** The URL of a file. @throws RuntimeWebError for a path outside of the folder */
  address(path: string): string
  /** The stored files; `undefined` if the browser stores nothing. */
  store(): Promise<Store | undefined>
  /** Deletes everything that is stored. */
  clear(): Promise<void>
  /** Reports that a file could not be stored. */
  full(path: string, error: Error): void
  readonly signal: AbortSignal | undefined
  readonly onProgress: (progress: Progress) => void
}

export function siteOf(
  url: string | URL,
  { onNote, ...rest }: Pick<Site, 'signal' | 'onProgress'> & { readonly onNote: (message: string) => void },
): Site {
  const base = folderOf(url)
  let store: Promise<Store | undefined> | undefined
  return {
    ...rest,
    base,
    address(path) {
      const { href } = new URL(path, base)
      if (href.startsWith(base)) return href
      throw new RuntimeWebError(`${base}: the file ${path} lies outside of the folder`, 'input')
    },
    store() {
      store ??= openStore(base).catch(({ message }: Error) => {
        onNote(
          `nothing of ${base} is stored, because the browser gives this page no cache (${message}); serve it over https`,
        )
        return undefined
      })
      return store
    },
    async clear() {
      store = undefined
      await globalThis.caches?.delete(storeName(base))
    },
    full: (path, { message }) =>
      onNote(
        `the browser stores no more, so ${path} is held in memory and fetched again next time; free some space (${message})`,
      ),
  }
}

/** @throws RuntimeWebError if it is not a URL */
function folderOf(url: string | URL): string {
  try {
    const { origin, pathname } = new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href)
    return `${origin}${pathname.endsWith('/') ? pathname : `${pathname}/`}`
  } catch {
    throw new RuntimeWebError(
      `${String(url)} is not the URL of a folder; give one such as https://example.org/model/`,
      'input',
    )
  }
}
