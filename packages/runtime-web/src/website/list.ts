import { RuntimeWebError } from '../runtime-web-error.ts'
import { storedFile } from './files.ts'
import { type Hashes, parseHashes } from './hashes.ts'
import type { Site } from './site.ts'
import { isMissing } from './transfer.ts'

/**
 * The latest list of hashes, or the stored one if there is no connection.
 *
 * @throws RuntimeWebError if there is no list, or if the file is not one
 */
export async function latestList(site: Site, path: string): Promise<Hashes> {
  const url = site.address(path)
  const response = await fetch(url, { cache: 'no-cache' }).catch(() => undefined)
  if (response?.ok === true && !isMissing(response, response.url)) {
    const text = await response.text()
    const list = parseHashes(text, url)
    await keep(site, path, text)
    return list
  }
  const stored = await storedFile(site, path)
  if (stored !== undefined) return parseHashes(await stored.text(), url)
  const problem = response === undefined ? 'cannot be reached' : `is not there (the server answers ${response.status})`
  throw new RuntimeWebError(`${url}, the list of hashes, ${problem}`, 'system')
}

async function keep(site: Site, path: string, text: string): Promise<void> {
  const data = new Blob([text])
  const store = await site.store()
  try {
    await store?.writePart(path, 0, data)
    await store?.write(path, { size: data.size, version: undefined, sha256: undefined, parts: 1, complete: true })
  } catch (error) {
    site.full(path, error as Error)
  }
}
