import { type ErrorKind, FewstepError } from '@fewstep/errors'
import type { Answer, Kind, Protocol } from './messages.ts'

/** Buffers that are transferred to another thread instead of copied. */
export type Handed = readonly ArrayBuffer[]

/** The questions that wait for an answer from another thread. */
export type Calls = {
  /** @throws RemoteError for an error in the other thread, or if it has ended */
  ask<K extends Kind>(kind: K, request: Protocol[K]['request'], handed?: Handed): Promise<Protocol[K]['answer']>
  /** Takes an answer. */
  receive(answer: Answer): void
  /** Rejects later questions. Waiting ones are still answered. If called again, the first reason stays. */
  close(reason: string): void
  /** As {@link close}, and rejects the waiting questions too. */
  fail(reason: string): void
  /** Why no more questions are possible; `undefined` while they are. */
  readonly ended: RemoteError | undefined
  readonly waiting: number
}

/** The connection to a thread that holds a library. */
export type Link = Pick<Calls, 'ask' | 'ended'> & {
  /** Waits for the questions that were asked before, frees what the thread holds, and ends it. */
  end(): Promise<void>
}

/** @param post sends a message */
export function calls(post: (question: object, handed: Handed) => void): Calls {
  const waiting = new Map<number, { resolve(result: never): void; reject(error: RemoteError): void }>()
  let count = 0
  let gone: RemoteError | undefined
  return {
    ask(kind, request, handed = []) {
      if (gone !== undefined) return Promise.reject(gone)
      const id = ++count
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        post({ id, kind, ...request }, handed)
      })
    },
    receive(answer) {
      const call = waiting.get(answer.id)
      waiting.delete(answer.id)
      if ('error' in answer) call?.reject(new RemoteError(answer.error.message, answer.error))
      else call?.resolve(answer.result as never)
    },
    close(reason) {
      gone ??= new RemoteError(reason)
    },
    fail(reason) {
      gone ??= new RemoteError(reason)
      for (const { reject } of waiting.values()) reject(gone)
      waiting.clear()
    },
    get ended() {
      return gone
    },
    get waiting() {
      return waiting.size
    },
  }
}

/**
 * The link to a thread that answers `questions`.
 *
 * @param leave ends the thread; its argument resolves when the thread has freed everything, or has died before
 */
export function linkOf(questions: Calls, leave: (freed: Promise<void>) => Promise<void>): Link {
  let closing: Promise<void> | undefined
  return {
    ask: questions.ask,
    get ended() {
      return questions.ended
    },
    end() {
      closing ??= (async () => {
        if (questions.ended !== undefined) return
        const freed = questions.ask('end', {}).catch(() => undefined)
        questions.close('the runtime has been disposed; make a new one')
        await leave(freed)
      })()
      return closing
    },
  }
}

/** An error of the other thread, with the `kind` and `code` that it has there. */
export class RemoteError extends FewstepError {
  override readonly name = 'Runtime.RemoteError'
  override readonly kind: ErrorKind
  readonly code: string | undefined
  constructor(
    message: string,
    { kind = 'runtime', code }: { readonly kind?: ErrorKind | undefined; readonly code?: string | undefined } = {},
  ) {
    super(message)
    this.kind = kind
    this.code = code
  }
}
