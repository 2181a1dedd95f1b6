import type { Worker } from 'node:worker_threads'
import { model } from '@fewstep/model-emoji'
import type { HostValue, Runtime, Session } from '@fewstep/runtime'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { beforeEach, describe, expect, test, vi } from 'vitest'

const workers = vi.hoisted((): Worker[] => [])
vi.mock('node:worker_threads', async original => {
  const real = await original<typeof import('node:worker_threads')>()
  class Watched extends real.Worker {
    constructor(...given: ConstructorParameters<typeof real.Worker>) {
      super(...given)
      workers.push(this)
    }
  }
  return { ...real, Worker: Watched }
})

const latent_sample: HostValue = { type: 'float32', shape: [1, 4, 16, 16], data: new Float32Array(1024).fill(0.1) }
const decoder = await directory(model).model('vae_decoder/model.onnx')
let runtime: Runtime
let session: Session

beforeEach(async () => {
  runtime = nodeRuntime({ threads: 1 })
  session = await runtime.open(decoder)
})

describe.each([
  { death: 'that is ended', kill: (worker: Worker) => worker.terminate(), says: /the worker thread ended with code 1/ },
  // Its listener takes the message apart outside of any try.
  {
    death: 'with an uncaught error',
    kill: (worker: Worker) => worker.postMessage(null),
    says: /the worker thread failed: Cannot destructure/,
  },
])('a thread $death', ({ kill, says }) => {
  test('rejects what waits and what comes later, and a new runtime works', async () => {
    const waiting = [session.run({ latent_sample }), session.run({ latent_sample }), runtime.usage(), session.dispose()]
    const outcomes = Promise.allSettled(waiting)
    await kill(workers.at(-1)!)
    const [first, second, usage, dispose] = await outcomes
    // The first may have been answered before the thread died.
    for (const outcome of [first, second, usage]) {
      if (outcome!.status === 'rejected') expect(outcome!.reason.message).toMatch(says)
    }
    expect(dispose!.status).toBe('fulfilled')
    await vi.waitFor(() => expect(runtime.usage()).rejects.toThrow(says))
    await expect(runtime.open(decoder)).rejects.toThrow(/make a new runtime/)
    await runtime.dispose()

    const other = nodeRuntime({ threads: 1 })
    const { sample } = await (await other.open(decoder)).run({ latent_sample })
    expect(sample!.shape).toEqual([1, 3, 64, 64])
    await other.dispose()
  })
})

test('a run that the thread takes down with it is rejected', async () => {
  const runs = Array.from({ length: 20 }, () => session.run({ latent_sample }))
  const outcomes = Promise.allSettled(runs)
  await workers.at(-1)!.terminate()
  const last = (await outcomes).at(-1)!
  expect(last).toMatchObject({
    status: 'rejected',
    reason: { message: expect.stringMatching(/ended with code 1; make a new/) },
  })
})

test('a runtime that is disposed ends its thread by itself, and does so once', async () => {
  const worker = workers.at(-1)!
  const codes: number[] = []
  worker.on('exit', code => codes.push(code))
  await Promise.all([runtime.dispose(), runtime.dispose()])
  await runtime.dispose()
  expect(codes).toEqual([0])
})
