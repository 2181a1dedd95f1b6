import { type Answer, calls, type Link, linkOf } from '@fewstep/runtime/remote'
import type { Device } from './device.ts'

/** A message from a worker that cannot continue. */
export type Lost = { readonly lost: string }

/** Starts the worker that holds onnxruntime-web for a device. */
export function startWorker(device: Device): Link {
  const worker = newWorker(device)
  const questions = calls((question, handed) => worker.postMessage(question, [...handed]))
  const fail = (reason: string): void => {
    questions.fail(reason)
    worker.terminate()
  }
  worker.addEventListener('message', ({ data }: MessageEvent<Answer | Lost>) => {
    if ('lost' in data) fail(data.lost)
    else questions.receive(data)
  })
  worker.addEventListener('messageerror', () =>
    fail('the worker sent a message that cannot be read; open the models again'),
  )
  worker.addEventListener('error', event => {
    // The event has no message if the worker's script could not be fetched.
    const cause = event.message === undefined || event.message === '' ? 'its script did not load' : event.message
    fail(`the worker failed: ${cause}; open the models again`)
    event.preventDefault()
  })
  return linkOf(questions, async freed => {
    await freed
    worker.terminate()
  })
}

/** Bundlers recognize only this form, `new Worker(new URL(…))`. */
function newWorker(device: Device): Worker {
  if (device === 'wasm') return new Worker(new URL('./wasm-worker.js', import.meta.url), { type: 'module' })
  return 'Suspending' in WebAssembly
    ? new Worker(new URL('./jspi-worker.js', import.meta.url), { type: 'module' })
    : new Worker(new URL('./asyncify-worker.js', import.meta.url), { type: 'module' })
}
