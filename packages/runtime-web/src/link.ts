import { type Answer, calls, type Link, linkOf } from '@fewstep/runtime/remote'
import type { Device } from './device.ts'

/** A message of a worker that is no answer: it can go on no longer. */
export type Lost = { readonly lost: string }

/** Starts the worker that holds onnxruntime-web for a device. */
export function startWorker(device: Device): Link {
  const worker = newWorker(device)
  const asked = calls((question, handed) => worker.postMessage(question, [...handed]))
  const fail = (reason: string): void => {
    asked.fail(reason)
    worker.terminate()
  }
  worker.addEventListener('message', ({ data }: MessageEvent<Answer | Lost>) => {
    if ('lost' in data) fail(data.lost)
    else asked.receive(data)
  })
  worker.addEventListener('messageerror', () => fail('the worker sent what cannot be read; open the models again'))
  worker.addEventListener('error', event => {
    // Without a message where its script could not be fetched.
    const what = event.message === undefined || event.message === '' ? 'its script did not load' : event.message
    fail(`the worker failed: ${what}; open the models again`)
    event.preventDefault()
  })
  return linkOf(asked, async freed => {
    await freed
    worker.terminate()
  })
}

/** Bundlers look for exactly this form. */
function newWorker(device: Device): Worker {
  if (device === 'wasm') return new Worker(new URL('./wasm-worker.js', import.meta.url), { type: 'module' })
  return 'Suspending' in WebAssembly
    ? new Worker(new URL('./jspi-worker.js', import.meta.url), { type: 'module' })
    : new Worker(new URL('./asyncify-worker.js', import.meta.url), { type: 'module' })
}
