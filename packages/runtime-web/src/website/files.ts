import { download } from './download.ts'
import type { Site } from './site.ts'

/** A completely stored file, with the given hash if there is one. A stored file with another hash is deleted. */
export async function storedFile(site: Site, path: string, sha256?: string): Promise<File | undefined> {
  const store = await site.store()
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

/** A stored file, or else the fetched one. @throws RuntimeWebError as `download` */
export async function fetchedFile(site: Site, path: string, sha256: string | undefined): Promise<File> {
  const url = site.address(path)
  const stored = await storedFile(site, path, sha256)
  if (stored !== undefined) return stored
  const parts = await download({
    url,
    path,
    sha256,
    store: await site.store(),
    signal: site.signal,
    onProgress: (loaded, total) => site.onProgress({ path, loaded, total }),
    onFull: error => site.full(path, error),
  })
  return fileOf(path, parts)
}

/** Joins parts without copying them. */
function fileOf(path: string, parts: readonly Blob[]): File {
  return new File([...parts], path)
}
