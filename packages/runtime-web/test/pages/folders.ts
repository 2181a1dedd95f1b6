/** The page of the folders' tests, which drive it from outside. */
import { picked, RuntimeWebError, type WebRuntime, webRuntime, website } from '@fewstep/runtime-web'

const fewstep = { picked, RuntimeWebError, webRuntime, website, hash, digests }

declare global {
  var fewstep: {
    readonly picked: typeof picked
    readonly RuntimeWebError: typeof RuntimeWebError
    readonly webRuntime: (...options: Parameters<typeof webRuntime>) => Promise<WebRuntime>
    readonly website: typeof website
    readonly hash: (bytes: Uint8Array) => Promise<string>
    readonly digests: (
      folder: { read(path: string): Promise<Uint8Array> },
      paths: readonly string[],
    ) => Promise<string[]>
  }
}
globalThis.fewstep = fewstep

/** SHA-256 by the browser itself. */
async function hash(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))
  return Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('')
}

async function digests(
  folder: { read(path: string): Promise<Uint8Array> },
  paths: readonly string[],
): Promise<string[]> {
  return Promise.all(paths.map(async path => hash(await folder.read(path))))
}
