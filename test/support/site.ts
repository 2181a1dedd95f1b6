/** A web server on 127.0.0.1 for tests: folders and files, Range requests, isolation headers, and connections that drop. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize, sep } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { createGzip } from 'node:zlib'

export type SiteOptions = {
  /** What lies below each path, such as `{ '/': folder, '/model/': otherFolder }`; the longest match is used. */
  readonly folders?: Readonly<Record<string, URL | string>>
  /** Single files, by their path; a test may change them while the site runs. */
  readonly files?: Map<string, Uint8Array | string>
  /** Whether pages are cross-origin isolated, which threads of WebAssembly need; true where absent. */
  readonly isolated?: boolean
  /** Whether Range requests get parts of files; true where absent. */
  readonly ranges?: boolean
  /** Whether answers are compressed, and so have no length; false where absent. */
  readonly gzip?: boolean
  /** Paths that answer 404, even if the folders have them. */
  readonly lacks?: RegExp
}

export type Site = {
  /** Ends with a slash. */
  readonly url: string
  /** Every request so far, in order. */
  readonly requests: { readonly method: string; readonly path: string; readonly range: string | undefined }[]
  /** Cuts the connection of the next response for a path after so many bytes; once for each call. */
  drop(path: string, after: number): void
  /** Holds back every response for a path until the function that it returns is called. */
  hold(path: string): () => void
  close(): Promise<void>
}

export async function startSite(options: SiteOptions): Promise<Site> {
  const { isolated = true } = options
  const requests: Site['requests'] = []
  const drops: { readonly path: string; readonly after: number }[] = []
  const holds = new Map<string, Promise<void>>()
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://127.0.0.1').pathname)
    requests.push({ method: request.method ?? 'GET', path, range: request.headers.range })
    if (isolated) {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp')
    }
    await holds.get(path)
    const found = drops.findIndex(drop => drop.path === path)
    const drop = found < 0 || request.method === 'HEAD' ? undefined : drops.splice(found, 1)[0]
    answer(path, options, request, response, drop?.after).catch((error: Error) => response.destroy(error))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests,
    drop: (path, after) => void drops.push({ path, after }),
    hold(path) {
      let release = (): void => {}
      holds.set(
        path,
        new Promise(resolve => {
          release = resolve
        }),
      )
      return () => {
        holds.delete(path)
        release()
      }
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

type Found = {
  readonly size: number
  readonly tag: string
  readonly read: (start: number, end: number) => Readable
}

async function answer(
  path: string,
  { folders = {}, files, ranges = true, gzip = false, lacks }: SiteOptions,
  request: IncomingMessage,
  response: ServerResponse,
  dropAfter: number | undefined,
): Promise<void> {
  const found = lacks?.test(path) ? undefined : (inMemory(files?.get(path)) ?? (await onDisk(path, folders)))
  if (found === undefined) {
    response.writeHead(404, { 'Content-Type': 'text/plain' }).end(`there is no ${path}`)
    return
  }
  const { size, tag, read } = found
  if (gzip && request.method === 'GET') {
    response.writeHead(200, { 'Content-Type': typeOf(path), 'Content-Encoding': 'gzip', 'Cache-Control': 'no-store' })
    read(0, size)
      .pipe(createGzip({ level: 1 }))
      .pipe(response)
    return
  }
  const asked = ranges ? /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') : null
  const part = asked !== null && Number(asked[1]) < size
  const start = part ? Number(asked[1]) : 0
  const end = part && asked[2] !== '' ? Math.min(Number(asked[2]) + 1, size) : size
  response.writeHead(part ? 206 : 200, {
    'Content-Type': typeOf(path),
    'Content-Length': end - start,
    'Cache-Control': 'no-store',
    ETag: tag,
    ...(ranges ? { 'Accept-Ranges': 'bytes' } : {}),
    ...(part ? { 'Content-Range': `bytes ${start}-${end - 1}/${size}` } : {}),
  })
  if (request.method === 'HEAD' || start === end) {
    response.end()
    return
  }
  const body = read(start, end)
  if (dropAfter === undefined) body.pipe(response)
  else body.pipe(cutting(dropAfter, response)).pipe(response, { end: false })
}

/** Passes on that many bytes, then cuts the connection. */
function cutting(after: number, response: ServerResponse): Transform {
  let left = after
  return new Transform({
    transform(chunk: Buffer, _, done) {
      const passed = chunk.subarray(0, left)
      left -= passed.length
      if (left > 0) done(null, passed)
      // Only after the bytes were sent, since a cut connection drops what is still waiting.
      else response.write(passed, () => setTimeout(() => response.destroy(), 50))
    },
  })
}

function inMemory(content: Uint8Array | string | undefined): Found | undefined {
  if (content === undefined) return undefined
  const bytes = Buffer.from(content as Uint8Array)
  return {
    size: bytes.length,
    tag: `"${createHash('sha1').update(bytes).digest('hex')}"`,
    read: (start, end) => Readable.from([bytes.subarray(start, end)]),
  }
}

async function onDisk(path: string, folders: Readonly<Record<string, URL | string>>): Promise<Found | undefined> {
  const prefix = Object.keys(folders)
    .filter(prefix => path.startsWith(prefix))
    .sort((a, b) => b.length - a.length)[0]
  if (prefix === undefined) return undefined
  const folder = folders[prefix]!
  const root = typeof folder === 'string' ? folder : fileURLToPath(folder)
  const rest = path.slice(prefix.length)
  const full = join(root, normalize(rest === '' ? 'index.html' : rest))
  if (!full.startsWith(normalize(root.endsWith(sep) ? root : root + sep))) return undefined
  const found = await stat(full).catch(() => undefined)
  if (found === undefined || !found.isFile()) return undefined
  return {
    size: found.size,
    tag: `"${found.size}-${found.mtimeMs}"`,
    read: (start, end) => createReadStream(full, { start, end: end - 1 }),
  }
}

function typeOf(path: string): string {
  return types[path.endsWith('/') ? '.html' : extname(path)] ?? 'application/octet-stream'
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
}
