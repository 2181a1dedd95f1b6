import { type ErrorKind, FewstepError } from '@fewstep/errors'
import type { Ask, Kind, News, Protocol, SentError, Tell } from './messages.ts'

type AskOptions = {
  readonly signal?: AbortSignal | undefined
  /** Called when the asks before it are done. */
  readonly onBegin?: (() => void) | undefined
  readonly onNews?: ((news: News) => void) | undefined
}

/** The worker that draws, as promises. */
export type Engine = {
  /** Asks run one after the other. @throws EngineError in words; the signal's reason where it is aborted */
  ask<K extends Kind>(kind: K, ask: Protocol[K]['ask'], options?: AskOptions): Promise<Protocol[K]['answer']>
  /** Ends the worker; what waits for it is rejected. */
  end(): void
}

/** What a worker looks like from here; tests give another one. */
export type Port = {
  postMessage(message: Ask): void
  terminate(): void
  onmessage: ((event: MessageEvent<Tell>) => void) | null
  onerror: ((event: ErrorEvent) => void) | null
}

type Waiting = {
  readonly resolve: (answer: never) => void
  readonly reject: (reason: unknown) => void
  readonly onBegin: (() => void) | undefined
  readonly onNews: ((news: News) => void) | undefined
}

export function engine(port: Port): Engine {
  const waiting = new Map<number, Waiting>()
  let latest = 0
  let dead: string | undefined
  const die = (why: string): void => {
    dead ??= why
    for (const { reject } of waiting.values())
      reject(new EngineError({ name: 'Engine', message: dead, kind: 'runtime' }))
    waiting.clear()
  }
  port.onmessage = ({ data }) => {
    const asked = waiting.get(data.id)
    if (asked === undefined) return
    if ('news' in data) {
      asked.onNews?.(data.news)
      return
    }
    if ('begun' in data) {
      asked.onBegin?.()
      return
    }
    waiting.delete(data.id)
    if ('error' in data) asked.reject(new EngineError(data.error))
    else asked.resolve(data.answer as never)
  }
  port.onerror = event => {
    event.preventDefault?.()
    die(
      event.message === undefined || event.message === ''
        ? 'A part of the page could not be loaded: the code that draws. Check the connection, then reload the page.'
        : `The part of the page that draws has stopped (${event.message}). Reload the page.`,
    )
  }
  return {
    ask(kind, ask, { signal, onBegin, onNews } = {}) {
      return new Promise((resolve, reject) => {
        if (dead !== undefined) throw new EngineError({ name: 'Engine', message: dead, kind: 'runtime' })
        signal?.throwIfAborted()
        latest += 1
        const id = latest
        const stop = (): void => {
          port.postMessage({ id, kind: 'stop' })
          if (waiting.delete(id)) reject(signal?.reason)
        }
        signal?.addEventListener('abort', stop, { once: true })
        const done = () => signal?.removeEventListener('abort', stop)
        waiting.set(id, {
          resolve: answer => {
            done()
            resolve(answer)
          },
          reject: reason => {
            done()
            reject(reason)
          },
          onBegin,
          onNews,
        })
        port.postMessage({ id, kind, ask } as Ask)
      })
    },
    end() {
      port.terminate()
      die('The drawing was ended.')
    },
  }
}

/** An error of the worker, with the name, the words and the kind that it has there. */
class EngineError extends FewstepError {
  override readonly name: string
  override readonly kind: ErrorKind
  constructor({ name, message, kind = 'runtime' }: SentError) {
    super(message)
    this.name = name
    this.kind = kind
  }
}
