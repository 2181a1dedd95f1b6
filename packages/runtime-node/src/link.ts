import process from 'node:process'
import { type Transferable, Worker } from 'node:worker_threads'
import { type Answer, busy, type Kind, leaving, type Protocol } from './messages.ts'

/** The questions and answers between this thread and the one that holds onnxruntime-node. */
export type Link = {
  /** @throws WorkerError for what went wrong there, or where the thread has ended */
  ask<K extends Kind>(
    kind: K,
    request: Protocol[K]['request'],
    transfer?: readonly Transferable[],
  ): Promise<Protocol[K]['answer']>
  /** Whether the thread takes no more questions. */
  readonly ended: boolean
  /** Lets the thread finish what it was asked, frees what it holds and ends it. */
  end(): Promise<void>
}

/** Starts the thread. It does not keep the process alive while nothing is asked. */
export function startWorker(entry: URL): Link {
  // When it is loaded, libonnxruntime 1.30 matches the process's command line against a recursive regular expression, and
  // a prompt of some thousand words overflows the usual stack of 4 MB. The memory is only taken where it is used.
  const resourceLimits = { stackSizeMb: 256 }
  const state = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT))
  // What says how to read a script on the command line is refused by threads.
  const execArgv = process.execArgv.filter(argument => !argument.startsWith('--input-type'))
  const worker = new Worker(entry, { resourceLimits, workerData: state, execArgv })
  // The library ends the process with an abort when its thread is taken away in the middle of a call, as `process.exit` does
  // to threads: so the exit waits for that one call, a minute at most.
  const leave = (): void => {
    Atomics.store(state, leaving, 1)
    Atomics.wait(state, busy, 1, 60_000)
  }
  process.once('exit', leave)
  worker.unref()
  const waiting = new Map<number, { resolve(result: never): void; reject(error: WorkerError): void }>()
  let count = 0
  let gone: WorkerError | undefined
  let closing: Promise<void> | undefined
  const fail = (message: string): void => {
    gone ??= new WorkerError(message)
    for (const { reject } of waiting.values()) reject(gone)
    waiting.clear()
  }
  worker.on('message', (answer: Answer) => {
    const call = waiting.get(answer.id)
    waiting.delete(answer.id)
    if (waiting.size === 0) worker.unref()
    if ('error' in answer) call?.reject(new WorkerError(answer.error.message, answer.error.code))
    else call?.resolve(answer.result as never)
  })
  worker.on('error', error => fail(`the worker thread failed: ${(error as Error).message}; make a new runtime`))
  const exited = new Promise<void>(resolve => {
    worker.on('exit', code => {
      process.off('exit', leave)
      fail(`the worker thread ended with code ${code}; make a new runtime`)
      resolve()
    })
  })
  const ask: Link['ask'] = (kind, request, transfer = []) => {
    if (gone !== undefined) return Promise.reject(gone)
    const id = ++count
    worker.ref()
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject })
      worker.postMessage({ id, kind, ...request }, transfer)
    })
  }
  return {
    ask,
    get ended() {
      return gone !== undefined
    },
    end() {
      closing ??= (async () => {
        if (gone !== undefined) return
        // Its last answer, or its death on the way: either way it ends.
        ask('end', {}).catch(() => {})
        gone = new WorkerError('the runtime has been disposed; make a new one')
        worker.ref()
        await exited
      })()
      return closing
    },
  }
}

/** `code` is Node's, where the error has one. */
export class WorkerError extends Error {
  override readonly name = 'RuntimeNode.WorkerError'
  readonly code: string | undefined
  constructor(message: string, code?: string) {
    super(message)
    this.code = code
  }
}
