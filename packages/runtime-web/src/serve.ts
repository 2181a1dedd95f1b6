import {
  answerer,
  type Library,
  type LibrarySession,
  type OpenSettings,
  type Question,
  RemoteError,
} from '@fewstep/runtime/remote'
import type { Env, InferenceSession } from 'onnxruntime-web'
import { bytesOnDemand } from './bytes-on-demand.ts'
import type { Lost } from './link.ts'

type Ort = Pick<typeof import('onnxruntime-web'), 'InferenceSession' | 'Tensor'> & { readonly env: Env }

type Build = {
  /** Whether its module is unusable after an exception within a run, as that of the Asyncify build is (1.30). */
  readonly brittle?: boolean
  /** Whether it reads weights from a `Blob` one by one, as the JSPI build does; the others read a `Blob` whole at first. */
  readonly streams?: boolean
}

/** Makes this worker the one that holds onnxruntime-web. */
export function serve(ort: Ort, { brittle = false, streams = false }: Build = {}): void {
  // The library's own threads may be started from this script, and talk in messages of their own.
  if (self.name.startsWith('em-pthread')) return
  // The library would wrap float16 elements in a Float16Array where there is one; runtimes exchange their bits.
  Reflect.deleteProperty(globalThis, 'Float16Array')
  const watched = new WeakSet<object>()

  const library: Library = {
    async create(request, more) {
      const { model, device } = request
      settle(ort, request)
      if ('path' in model) throw new RemoteError('a worker opens no path', { kind: 'input' })
      const external = [...(model.external ?? [])].map(([path, data]) => {
        if ('path' in data) throw new RemoteError('a worker opens no path', { kind: 'input' })
        return { path, data: data instanceof Blob && !streams ? bytesOnDemand(data) : data }
      })
      const session = await ort.InferenceSession.create(model.bytes, {
        executionProviders: [device],
        graphOptimizationLevel: 'all',
        logSeverityLevel: 4,
        ...(external.length === 0 ? {} : { externalData: external }),
        ...(more as InferenceSession.SessionOptions),
      })
      if (device === 'webgpu') {
        const gpu = (await ort.env.webgpu.device) as Watched & object
        if (!watched.has(gpu)) watch(gpu)
        watched.add(gpu)
      }
      const made = session as LibrarySession
      return more.preferredOutputLocation === undefined ? made : spoilable(made)
    },
    tensor: ({ type, data, shape }) => new ort.Tensor(type as 'float32', data as Float32Array, shape),
    memory: device => ({ own: device === 'webgpu', keeps: device === 'webgpu' }),
    end() {},
  }
  const answer = answerer(library)
  // Nobody waits for what fails here outside of an answer.
  self.addEventListener('unhandledrejection', ({ reason }) => lose(`the worker failed: ${String(reason)}`))
  self.addEventListener('message', async ({ data }: MessageEvent<Question>) => {
    const { answer: answered, handed } = await answer(data)
    self.postMessage(answered, { transfer: [...handed] })
    if (!('error' in answered)) return
    const { message } = answered.error
    // What ONNX Runtime tells by a status has not gone through its stack as an exception.
    const thrown =
      data.kind === 'run' && /^failed to call OrtRun/.test(message) && !/Non-zero status code/.test(message)
    if (broken(message) || (brittle && thrown)) lose(message)
  })
}

/**
 * A session with outputs on the GPU. After a run that failed, onnxruntime-web 1.30 would give it the inputs of that run again
 * and again (it forgets that they are no longer to be bound), so it must not be run then.
 */
function spoilable(session: LibrarySession): LibrarySession {
  const { outputNames, inputMetadata, outputMetadata } = session
  let spoiled = false
  return {
    outputNames,
    inputMetadata,
    outputMetadata,
    async run(feeds, outputs) {
      if (spoiled) throw new RemoteError('a run of it has failed before; dispose it and open the model again')
      try {
        return await session.run(feeds, outputs)
      } catch (error) {
        spoiled = true
        throw error
      }
    },
    release: () => session.release(),
  }
}

/** What the module reads when it loads, at the first graph. */
function settle({ env }: Ort, { threads, files }: OpenSettings): void {
  env.wasm.numThreads = threads ?? 1
  if (files !== undefined) env.wasm.wasmPaths = files
}

type Watched = { readonly lost: Promise<{ readonly reason: string; readonly message: string }> }

/** The library takes its device down itself when no graph is left: that is no loss. */
function watch(device: Watched): void {
  device.lost.then(({ reason, message }) => {
    if (reason !== 'destroyed') lose(`the GPU was lost (${message === '' ? reason : message})`)
  })
}

/** Whether the module cannot be used any longer: it did not load, or it was stopped in the middle of its work. */
function broken(message: string): boolean {
  return /no available backend found|memory access out of bounds|unreachable|Aborted\(|table index is out of bounds/.test(
    message,
  )
}

function lose(why: string): void {
  const message: Lost = { lost: `${why}; what was open is gone: open the models again` }
  self.postMessage(message)
}
