import process from 'node:process'
import { Worker } from 'node:worker_threads'
import { type Answer, calls, type Link, linkOf } from '@fewstep/runtime/remote'
import { busy, leaving } from './shared-state.ts'

/** Starts the thread that holds onnxruntime-node. It does not keep the process alive while nothing is asked. */
export function startWorker(entry: URL): Link {
  // When it is loaded, libonnxruntime 1.30 matches the process's command line against a recursive regular expression, and
  // a prompt of some thousand words overflows the usual stack of 4 MB. The memory is only taken where it is used.
  const resourceLimits = { stackSizeMb: 256 }
  const state = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT))
  // What says how to read a script on the command line is refused by threads; and where they are given any options at all,
  // rather than the process's own, so are V8's, such as --max-old-space-size.
  const allowed = process.execArgv.filter(argument => !argument.startsWith('--input-type'))
  const execArgv = allowed.length === process.execArgv.length ? {} : { execArgv: allowed }
  const worker = new Worker(entry, { resourceLimits, workerData: state, ...execArgv })
  // The library ends the process with an abort when its thread is taken away in the middle of a call, as `process.exit` does
  // to threads: so the exit waits for that one call, a minute at most.
  const leave = (): void => {
    Atomics.store(state, leaving, 1)
    Atomics.wait(state, busy, 1, 60_000)
  }
  process.once('exit', leave)
  worker.unref()
  const asked = calls((question, handed) => {
    worker.ref()
    worker.postMessage(question, handed)
  })
  worker.on('message', (answer: Answer) => {
    asked.receive(answer)
    if (asked.waiting === 0) worker.unref()
  })
  worker.on('error', error => asked.fail(`the worker thread failed: ${(error as Error).message}; make a new runtime`))
  const exited = new Promise<void>(resolve => {
    worker.on('exit', code => {
      process.off('exit', leave)
      asked.fail(`the worker thread ended with code ${code}; make a new runtime`)
      resolve()
    })
  })
  return linkOf(asked, () => exited)
}
