import { type Answer, calls, type Link } from '@fewstep/runtime/remote'
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
  let closing: Promise<void> | undefined
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
  return {
    ask: asked.ask,
    get ended() {
      return asked.ended
    },
    end() {
      closing ??= (async () => {
        if (asked.ended) return
        const ended = asked.ask('end', {})
        asked.close('the runtime has been disposed; make a new one')
        // Its last answer, or its death on the way: either way it ends.
        await ended.catch(() => {})
        worker.terminate()
      })()
      return closing
    },
  }
}

/** Bundlers look for exactly this form. */
function newWorker(device: Device): Worker {
  if (device === 'wasm') return new Worker(new URL('./wasm-worker.js', import.meta.url), { type: 'module' })
  return 'Suspending' in WebAssembly
    ? new Worker(new URL('./jspi-worker.js', import.meta.url), { type: 'module' })
    : new Worker(new URL('./asyncify-worker.js', import.meta.url), { type: 'module' })
}
