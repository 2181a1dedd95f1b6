import { FewstepError } from '@fewstep/errors'
import { RuntimeWebError } from '../runtime-web-error.ts'

/** A file on its way: where it starts, what the server tells of it, and its bytes as they come. */
export type Transfer = {
  /** The position of the first byte: what was asked for, or 0 where the server gives the file from its start. */
  readonly start: number
  readonly size: number | undefined
  readonly version: string | undefined
  readonly body: ReadableStream<Uint8Array>
}

/**
 * Asks for a file from a position on.
 *
 * @throws RuntimeWebError where the server has no such file, DroppedError where asking again may help
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
  // Nothing lies behind the last byte that is here already: the file has become shorter.
  if (status === 416) return transfer(url, 0, signal)
  if (mayPass(status)) {
    await response.body?.cancel()
    throw new DroppedError(`${url}: the server answers ${status}`)
  }
  if (!response.ok || isMissing(response, url)) {
    await response.body?.cancel()
    throw new RuntimeWebError(
      response.ok
        ? `${url} is a web page, not a file; the server gives one where there is no such file`
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

/** Whether a server that answers so may have the file all the same: it is out of order, or was asked too often. */
export function mayPass(status: number): boolean {
  return status >= 500 || status === 429 || status === 408
}

/** Many servers of pages give their first page, with success, for whatever they do not have. */
export function isMissing(response: Response, url: string): boolean {
  return !/\.html?$/.test(new URL(url).pathname) && /^text\/html/.test(response.headers.get('Content-Type') ?? '')
}

/** The length, where it is that of what arrives: that of a compressed answer tells nothing. */
function plainLength({ headers }: Response): number | undefined {
  const length = headers.get('Content-Length')
  return length === null || headers.get('Content-Encoding') !== null ? undefined : Number(length)
}

/** A connection that failed, which may work the next time. */
export class DroppedError extends FewstepError {
  override readonly name = 'RuntimeWeb.DroppedError'
  override readonly kind = 'system'
}
