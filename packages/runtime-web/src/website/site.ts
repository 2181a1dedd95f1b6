import { RuntimeWebError } from '../runtime-web-error.ts'
import { openStore, type Store, storeName } from './store.ts'

export type Progress = {
  readonly path: string
  /** Bytes so far. */
  readonly loaded: number
  /** Bytes in all; `undefined` where the server does not tell. */
  readonly total: number | undefined
}

/** A website as its files see it. */
export type Site = {
  /** The folder's URL, which ends with a slash. */
  readonly base: string
  /** The URL of a file. @throws RuntimeWebError where it lies outside of the folder */
  address(path: string): string
  /** What the browser stores; `undefined` where it stores nothing. */
  store(): Promise<Store | undefined>
  /** Removes all that is stored. */
  clear(): Promise<void>
  /** Tells that a file could not be stored. */
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
        onNote(`nothing of ${base} is stored: this page may use no cache (${message}); serve it over https`)
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

/** @throws RuntimeWebError for what is no URL */
function folderOf(url: string | URL): string {
  try {
    const { origin, pathname } = new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href)
    return `${origin}${pathname.endsWith('/') ? pathname : `${pathname}/`}`
  } catch {
    throw new RuntimeWebError(
      `${String(url)} is no URL of a folder; give one such as https://example.org/model/`,
      'input',
    )
  }
}
