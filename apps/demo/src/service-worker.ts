/**
 * The page offline, and with the headers that threads need.
 *
 * The shell is fetched when this is installed, and later answered from the cache: files under `assets` have a hash in their
 * name and never change, the page itself comes from the network where there is one. The model's files are kept by
 * `@fewstep/runtime-web`, and only pass here. Files of onnxruntime-web are kept when they are needed.
 */

/** The files of the page, inserted by the build. */
declare const FEWSTEP_SHELL: readonly string[]
/** The files of onnxruntime-web, which are large, with their kind: `wasm`, or `jspi` and `asyncify` of WebGPU. */
declare const FEWSTEP_RUNTIME: Readonly<Record<string, string>>
/** Changes with any of them. */
declare const FEWSTEP_VERSION: string

type Extendable = Event & { waitUntil(promise: Promise<unknown>): void }
type Fetching = Extendable & { readonly request: Request; respondWith(response: Promise<Response>): void }
type Scope = {
  readonly registration: { readonly scope: string }
  readonly clients: { claim(): Promise<void> }
  skipWaiting(): Promise<void>
  addEventListener(type: 'install' | 'activate', listener: (event: Extendable) => void): void
  addEventListener(type: 'fetch', listener: (event: Fetching) => void): void
  addEventListener(type: 'message', listener: (event: Extendable & { readonly data: unknown }) => void): void
}
const worker = self as unknown as Scope

const [shellCache, runtimeCache] = [`fewstep-shell-${FEWSTEP_VERSION}`, 'fewstep-runtime']
const here = (path: string): string => new URL(path, worker.registration.scope).href
const [page, shell] = [here('./'), FEWSTEP_SHELL.map(here)]
const runtime = new Map(Object.entries(FEWSTEP_RUNTIME).map(([path, kind]) => [here(path), kind]))

worker.addEventListener('install', event => {
  event.waitUntil(caches.open(shellCache).then(cache => cache.addAll([page, ...shell])))
  void worker.skipWaiting()
})

worker.addEventListener('activate', event => {
  event.waitUntil(Promise.all([forgetOthers(), worker.clients.claim()]))
})

worker.addEventListener('message', event => {
  const { keep } = event.data as { readonly keep?: string }
  if (keep !== undefined) event.waitUntil(keepRuntime(keep))
})

worker.addEventListener('fetch', event => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== new URL(page).origin || !url.href.startsWith(page)) return
  url.hash = ''
  url.search = ''
  if (request.mode === 'navigate') event.respondWith(isolated(fromNetworkFirst(request)))
  else if (shell.includes(url.href)) event.respondWith(isolated(fromCacheFirst(request, url.href, shellCache)))
  else if (runtime.has(url.href)) event.respondWith(isolated(fromCacheFirst(request, url.href, runtimeCache)))
  else event.respondWith(isolated(fetch(request)))
})

async function fromCacheFirst(request: Request, url: string, name: string): Promise<Response> {
  const cache = await caches.open(name)
  const kept = await cache.match(url)
  if (kept !== undefined) return kept
  const response = await fetch(request)
  // The response is returned even if the disk is full.
  if (response.status === 200) await cache.put(url, response.clone()).catch(() => undefined)
  return response
}

async function fromNetworkFirst(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch (error) {
    const kept = await (await caches.open(shellCache)).match(page)
    if (kept === undefined) throw error
    return kept
  }
}

/** What a device needs, where it was fetched before this worker was there. */
async function keepRuntime(device: string): Promise<void> {
  const webgpu = 'Suspending' in WebAssembly ? 'jspi' : 'asyncify'
  const wanted = device === 'webgpu' ? webgpu : 'wasm'
  const cache = await caches.open(runtimeCache)
  for (const [url, kind] of runtime)
    if (kind === wanted && (await cache.match(url)) === undefined) await cache.add(url).catch(() => undefined)
}

async function forgetOthers(): Promise<void> {
  const names = await caches.keys()
  await Promise.all(
    names.filter(name => /^fewstep-shell-/.test(name) && name !== shellCache).map(name => caches.delete(name)),
  )
  const cache = await caches.open(runtimeCache)
  const old = (await cache.keys()).filter(({ url }) => !runtime.has(url))
  await Promise.all(old.map(request => cache.delete(request)))
}

/** With the headers that give a page threads: cross-origin isolation. */
async function isolated(answer: Promise<Response>): Promise<Response> {
  const response = await answer
  // An opaque response, or one without a body, is returned unchanged.
  if (response.status === 0 || response.type === 'opaqueredirect') return response
  const headers = new Headers(response.headers)
  headers.set('Cross-Origin-Opener-Policy', 'same-origin')
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp')
  headers.set('Cross-Origin-Resource-Policy', 'same-origin')
  const { status, statusText } = response
  return new Response([204, 304].includes(status) ? null : response.body, { status, statusText, headers })
}
