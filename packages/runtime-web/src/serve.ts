import {
  answerer,
  type Library,
  type LibrarySession,
  namedFiles,
  type OpenSettings,
  type Question,
  RemoteError,
} from '@fewstep/runtime/remote'
import type { Env, InferenceSession } from 'onnxruntime-web'
import { bytesOnDemand } from './bytes-on-demand.ts'
import type { Lost } from './link.ts'

type Ort = Pick<typeof import('onnxruntime-web'), 'InferenceSession' | 'Tensor'> & { readonly env: Env }

type Build = {
  /** Whether an exception during a run leaves the module unusable, as in the Asyncify build (1.30). */
  readonly brittle?: boolean
  /** Whether it reads weights from a `Blob` one by one, as the JSPI build does. The other builds first read all of a `Blob`. */
  readonly streams?: boolean
}

/** Answers the page's questions in this worker, which holds onnxruntime-web. */
export function serve(ort: Ort, { brittle = false, streams = false }: Build = {}): void {
  // The library may start its threads from this script; they exchange messages of their own.
  if (self.name.startsWith('em-pthread')) return
  // If Float16Array exists, the library uses it for float16 elements. A runtime's values hold their bits instead.
  Reflect.deleteProperty(globalThis, 'Float16Array')
  const watched = new WeakSet<object>()

  const library: Library = {
    async create(request, more) {
      const { model, device } = request
      configure(ort, request)
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
      const opened = session as LibrarySession
      return more.preferredOutputLocation === undefined ? opened : spoilable(opened)
    },
    tensor: ({ type, data, shape }) => new ort.Tensor(type as 'float32', data as Float32Array, shape),
    memory: device => ({ own: device === 'webgpu', keeps: device === 'webgpu' }),
    namedFiles,
  }
  const answer = answerer(library)
  // Errors outside of an answer have no question that they could reject.
  self.addEventListener('unhandledrejection', ({ reason }) => lose(`the worker failed: ${String(reason)}`))
  self.addEventListener('message', async ({ data }: MessageEvent<Question>) => {
    const { answer: answered, handed } = await answer(data)
    self.postMessage(answered, { transfer: [...handed] })
    if (!('error' in answered)) return
    const { message } = answered.error
    // Errors that ONNX Runtime reports as a status were not thrown as exceptions through its stack.
    const thrown =
      data.kind === 'run' && /^failed to call OrtRun/.test(message) && !/Non-zero status code/.test(message)
    if (broken(message) || (brittle && thrown)) lose(message)
  })
}

/**
 * A session with outputs on the GPU that refuses to run after a failed run. onnxruntime-web 1.30 does not unbind the inputs of
 * a failed run, so later runs would use them again.
 */
function spoilable(session: LibrarySession): LibrarySession {
  const { outputNames, inputMetadata, outputMetadata } = session
  let spoiled = false
  return {
    outputNames,
    inputMetadata,
    outputMetadata,
    async run(feeds, outputs) {
      if (spoiled) throw new RemoteError('a run of this graph has failed before; dispose it and open the model again')
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

/** Sets the options that the module reads when it loads, at the first graph. */
function configure({ env }: Ort, { threads, files }: OpenSettings): void {
  env.wasm.numThreads = threads ?? 1
  if (files !== undefined) env.wasm.wasmPaths = files
}

type Watched = { readonly lost: Promise<{ readonly reason: string; readonly message: string }> }

/** Reports a lost GPU. The reason `destroyed` is no loss: the library destroys its device when no graph is open. */
function watch(device: Watched): void {
  device.lost.then(({ reason, message }) => {
    if (reason !== 'destroyed') lose(`the GPU was lost (${message === '' ? reason : message})`)
  })
}

/** Whether the module is unusable: it did not load, or it was aborted. */
function broken(message: string): boolean {
  return /no available backend found|memory access out of bounds|unreachable|Aborted\(|table index is out of bounds/.test(
    message,
  )
}

function lose(reason: string): void {
  const message: Lost = { lost: `${reason}; what was open is gone: open the models again` }
  self.postMessage(message)
}
