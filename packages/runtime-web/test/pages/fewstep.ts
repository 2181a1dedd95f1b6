/** The page of most tests. It makes the packages global, so that tests can use them from outside. */
import { textToImage } from '@fewstep/pipelines'
import { picked, RuntimeWebError, webRuntime, website } from '@fewstep/runtime-web'
import { caches } from '../support/caches.ts'

declare global {
  var fewstep: Fewstep
}

export type Fewstep = typeof exported

const exported = { picked, RuntimeWebError, webRuntime, website, textToImage, caches, digests }
globalThis.fewstep = exported

/** SHA-256 of files, by the browser itself. */
async function digests(
  folder: { read(path: string): Promise<Uint8Array> },
  paths: readonly string[],
): Promise<string[]> {
  return Promise.all(
    paths.map(async path => {
      const bytes = (await folder.read(path)) as Uint8Array<ArrayBuffer>
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
      return Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('')
    }),
  )
}
