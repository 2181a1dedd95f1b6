import { FewstepError } from '@fewstep/errors'
import { RuntimeWebError } from '../runtime-web-error.ts'

/** The server's answer to a request for a file: its headers, and its bytes as they arrive. */
export type Transfer = {
  /** The position of the first byte: the requested one, or 0 if the server sends the complete file. */
  readonly start: number
  readonly size: number | undefined
  readonly version: string | undefined
  readonly body: ReadableStream<Uint8Array>
}

/**
 * Requests a file from a position on.
 *
 * @throws RuntimeWebError if the server does not have the file; DroppedError if a new attempt may succeed
 */
export async function transfer(url: string, start: number, signal: AbortSignal | undefined): Promise<Transfer> {
  const headers: Record<string, string> = start === 0 ? {} : { Range: `bytes=${start}-` }
  let response: Response
  try {
    response = await fetch(url, { headers, cache: 'no-store', ...(signal === undefined ? {} : { signal }) })
  } catch (error) {
    signal?.throwIfAborted()
    const other = new URL(url).origin !== globalThis.location?.origin
    const allowed = other ? '; another site must allow it to this page (CORS)' : ''
    throw new DroppedError(`${url} cannot be reached (${(error as Error).message}${allowed})`)
  }
  const { status } = response
  // Range not satisfiable: the file has become shorter than the bytes received so far.
  if (status === 416) return transfer(url, 0, signal)
  if (mayPass(status)) {
    await response.body?.cancel()
    throw new DroppedError(`${url}: the server answers ${status}`)
  }
  if (!response.ok || isMissing(response, url)) {
    await response.body?.cancel()
    throw new RuntimeWebError(
      response.ok
        ? `${url} is a web page, not a file of the model; the server probably has no such file and sends a page instead`
        : `${url}: the server answers ${status}${status === 404 ? ', there is no such file' : ''}`,
      'model',
    )
  }
  const from = status === 206 ? start : 0
  const length = plainLength(response)
  return {
    start: from,
    size: length === undefined ? undefined : from + length,
    version: response.headers.get('ETag') ?? response.headers.get('Last-Modified') ?? undefined,
    body: response.body ?? new Blob().stream(),
  }
}

/** Whether a status is temporary: the server is out of order, or gets too many requests. */
export function mayPass(status: number): boolean {
  return status >= 500 || status === 429 || status === 408
}

/** Whether the answer is a web page instead of the file. Many servers send a page with status 200 for missing files. */
export function isMissing(response: Response, url: string): boolean {
  return !/\.html?$/.test(new URL(url).pathname) && /^text\/html/.test(response.headers.get('Content-Type') ?? '')
}

/** The length of the file; `undefined` if the answer is compressed, because `Content-Length` is then the compressed one. */
function plainLength({ headers }: Response): number | undefined {
  const length = headers.get('Content-Length')
  return length === null || headers.get('Content-Encoding') !== null ? undefined : Number(length)
}

/** A connection that failed, but may work at the next attempt. */
export class DroppedError extends FewstepError {
  override readonly name = 'RuntimeWeb.DroppedError'
  override readonly kind = 'system'
}
