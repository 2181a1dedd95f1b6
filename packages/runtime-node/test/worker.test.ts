import { execFile } from 'node:child_process'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Worker } from 'node:worker_threads'
import { model } from '@fewstep/model-emoji'
import type { HostValue, Runtime, Session } from '@fewstep/runtime'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { beforeEach, expect, test, vi } from 'vitest'

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

/** Its listener takes the message apart outside of any try: an error that nothing catches. */
const fell = (worker: Worker): void => worker.postMessage(null)
const message = /the worker thread failed: Cannot destructure.*make a new runtime/

test('a thread that fails while graphs run rejects what waits and what comes later, and a new runtime works', async () => {
  const runs = Array.from({ length: 20 }, () => session.run({ latent_sample }))
  const outcomes = Promise.allSettled([...runs, runtime.usage(), runtime.open(decoder)])
  fell(workers.at(-1)!)
  for (const outcome of (await outcomes).slice(-3)) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { message: expect.stringMatching(message) } })
  }
  await expect(session.run({ latent_sample })).rejects.toThrow(message)
  await expect(runtime.open(decoder)).rejects.toThrow(message)
  await session.dispose()
  await runtime.dispose()

  const other = nodeRuntime({ threads: 1 })
  const { sample } = await (await other.open(decoder)).run({ latent_sample })
  expect(sample!.shape).toEqual([1, 3, 64, 64])
  await other.dispose()
})

// Only while nothing runs: the native library ends the process when its thread is taken away in the middle of a run.
test('a thread that is ended from outside rejects what comes later', async () => {
  await runtime.usage()
  await workers.at(-1)!.terminate()
  await expect(session.run({ latent_sample })).rejects.toThrow(/ended with code 1; make a new runtime/)
  await expect(runtime.usage()).rejects.toThrow(/make a new runtime/)
  await session.dispose()
  await runtime.dispose()
})

test('a runtime that is disposed ends its thread by itself, and does so once', async () => {
  const worker = workers.at(-1)!
  const codes: number[] = []
  worker.on('exit', code => codes.push(code))
  await Promise.all([runtime.dispose(), runtime.dispose()])
  await runtime.dispose()
  expect(codes).toEqual([0])
})

test('a process that exits in the middle of a run has the exit code that it asked for', async () => {
  const script = `
    import { model } from '@fewstep/model-emoji'
    import { directory, nodeRuntime } from '@fewstep/runtime-node'
    const session = await nodeRuntime({ threads: 1 }).open(await directory(model).model('vae_decoder/model.onnx'))
    const latent_sample = { type: 'float32', shape: [1, 4, 16, 16], data: new Float32Array(1024) }
    const runs = Array.from({ length: 50 }, () => session.run({ latent_sample }))
    // The thread goes on with the second.
    await runs[0]
    process.exit(3)`
  const given = ['--conditions=@fewstep/source', '--input-type=module', '-e', script]
  const outcome = promisify(execFile)(execPath, given, { cwd: fileURLToPath(new URL('..', import.meta.url)) })
  await expect(outcome).rejects.toMatchObject({ code: 3, stderr: '' })
})

test.each(['--max-old-space-size=2000', '--expose-gc'])('a process started with %s has its thread', async option => {
  const script = `
    import('@fewstep/runtime-node').then(async ({ nodeRuntime }) => {
      const runtime = nodeRuntime()
      console.log((await runtime.usage()).sessions)
      await runtime.dispose()
    })`
  const given = [option, '--conditions=@fewstep/source', '-e', script]
  const cwd = fileURLToPath(new URL('..', import.meta.url))
  expect((await promisify(execFile)(execPath, given, { cwd })).stdout).toBe('0\n')
})
