/** The thread that holds onnxruntime-node, whose `run` blocks the event loop of the thread that it is called in. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Elements, ElementType, Port } from '@fewstep/runtime'
import type { InferenceSession, OnnxValue, Tensor } from 'onnxruntime-node'
import { type Answer, busy, type Kind, leaving, type Protocol, type Question, type SentValue } from './messages.ts'

/** A graph, and how many of its outputs are held: their memory is the graph's own, so it must outlive them. */
type Held = { readonly session: InferenceSession; readonly device: string; values: number; closed: boolean }

// The library would wrap float16 elements in a Float16Array where there is one, which its native part does not know.
Reflect.deleteProperty(globalThis, 'Float16Array')

const sessions = new Map<number, Held>()
const values = new Map<number, { readonly tensor: Tensor; readonly of: Held }>()
const copies = { uploads: 0, downloads: 0 }
const state = workerData as Int32Array
let made = 0
// Imported when it is first needed, so that a failure is the answer to a question.
let loaded: Promise<typeof import('onnxruntime-node')> | undefined
const library = (): Promise<typeof import('onnxruntime-node')> => {
  loaded ??= import('onnxruntime-node')
  return loaded
}

const answers: {
  readonly [K in Kind]: (asked: Protocol[K]['request']) => Protocol[K]['answer'] | Promise<Protocol[K]['answer']>
} = {
  async open({ model, keep, device, threads, profile }) {
    const { InferenceSession } = await library()
    const options: InferenceSession.SessionOptions = {
      executionProviders: [device],
      graphOptimizationLevel: 'all',
      logSeverityLevel: 4,
      // Each session has threads of its own. Spinning on after a run they would slow down the next one of another session:
      // DeepCache's two graphs were 1.4 times as fast as none instead of 2.2 times.
      extra: { session: { force_spinning_stop: '1' } },
      ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
      ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
    }
    const create = (more: InferenceSession.SessionOptions): Promise<InferenceSession> =>
      'path' in model
        ? InferenceSession.create(model.path, { ...options, ...more })
        : InferenceSession.create(model.bytes, { ...options, ...more, ...externalData(model.external) })
    // On other devices outputs are copied to the host by the library itself.
    const kept = device === 'webgpu' ? keep : []
    let session = await create(kept === 'all' ? { preferredOutputLocation: 'gpu-buffer' } : located(kept))
    try {
      const held = session.outputMetadata.filter(({ name }) => kept === 'all' || kept.includes(name))
      if (!held.every(holdable)) {
        await session.release()
        session = await create(located(held.filter(holdable).map(({ name }) => name)))
      }
      const stranger = keep === 'all' ? undefined : keep.find(name => !session.outputNames.includes(name))
      if (stranger !== undefined) {
        throw new Error(
          `there is no output ${stranger} to keep on the device; its outputs are ${session.outputNames.join(', ')}`,
        )
      }
      const [inputs, outputs] = [session.inputMetadata.map(port), session.outputMetadata.map(port)]
      sessions.set(++made, { session, device, values: 0, closed: false })
      return { session: made, inputs, outputs }
    } catch (error) {
      await session.release()
      throw error
    }
  },
  async run({ session, feeds, outputs }) {
    const { Tensor } = await library()
    const held = sessions.get(session)!
    const tensors: Record<string, Tensor> = {}
    for (const [name, value] of Object.entries(feeds)) {
      if ('id' in value) tensors[name] = values.get(value.id)!.tensor
      else {
        tensors[name] = new Tensor(value.type as 'float32', value.data as Float32Array, value.shape)
        if (held.device !== 'cpu') copies.uploads += 1
      }
    }
    const results = await (outputs === undefined ? held.session.run(tensors) : held.session.run(tensors, outputs))
    return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, sent(tensor, held)]))
  },
  async close({ session }) {
    const held = sessions.get(session)!
    sessions.delete(session)
    held.closed = true
    await releaseUnused(held)
    return undefined
  },
  async free({ value }) {
    const { tensor, of } = values.get(value)!
    values.delete(value)
    tensor.dispose()
    of.values -= 1
    await releaseUnused(of)
    return undefined
  },
  usage: () => ({ sessions: sessions.size, values: values.size, ...copies }),
  async devices() {
    const { listSupportedBackends } = await library()
    return listSupportedBackends()
  },
  async end() {
    for (const value of values.keys()) await answers.free({ value })
    for (const { session } of sessions.values()) await session.release()
    parentPort!.close()
    return undefined
  },
}

function located(keep: readonly string[]): InferenceSession.SessionOptions {
  return keep.length === 0
    ? {}
    : { preferredOutputLocation: Object.fromEntries(keep.map(name => [name, 'gpu-buffer'])) }
}

/** The library makes no tensors of the other types from buffers of a GPU, and fails in the run that should. */
function holdable(output: InferenceSession.ValueMetadata): boolean {
  return output.isTensor && ['float32', 'float16', 'int64', 'int32', 'uint32', 'uint8', 'bool'].includes(output.type)
}

function externalData(files: ReadonlyMap<string, Uint8Array> | undefined): InferenceSession.SessionOptions {
  return files === undefined ? {} : { externalData: [...files].map(([path, data]) => ({ path, data })) }
}

async function releaseUnused({ session, values, closed }: Held): Promise<void> {
  if (closed && values === 0) await session.release()
}

function sent(result: OnnxValue, held: Held): SentValue {
  const tensor = result as Tensor
  const type = tensor.type as ElementType
  if (tensor.location !== 'cpu') {
    values.set(++made, { tensor, of: held })
    held.values += 1
    return { type, shape: tensor.dims, id: made }
  }
  if (held.device !== 'cpu') copies.downloads += 1
  return { type, shape: tensor.dims, data: tensor.data as Elements }
}

function port(meta: InferenceSession.ValueMetadata): Port {
  if (!meta.isTensor) throw new Error(`${meta.name} is a sequence or map; export the model with tensors only`)
  if (meta.type === 'string') throw new Error(`${meta.name} takes strings; export the model with numbers only`)
  return { name: meta.name, type: meta.type as ElementType, shape: meta.shape }
}

// One request after the other: sessions share their threads, and an answer belongs to its question.
let queue: Promise<unknown> = Promise.resolve()
parentPort!.on('message', (question: Question) => {
  const { id, kind } = question
  queue = queue.then(async () => {
    Atomics.store(state, busy, 1)
    try {
      // The process ends: there is nobody to answer, and this thread must not be in a call then.
      if (Atomics.load(state, leaving) === 1) await idle()
      const answer = answers[kind] as (asked: Question) => Promise<unknown>
      const result = await answer(question)
      reply({ id, result }, kind === 'run' ? buffers(result as Protocol['run']['answer']) : [])
    } catch (error) {
      const { message, code } = error as NodeJS.ErrnoException
      reply({ id, error: { message, code } })
    } finally {
      rest()
    }
  })
})

function rest(): void {
  Atomics.store(state, busy, 0)
  Atomics.notify(state, busy)
}

/** For ever. */
function idle(): Promise<never> {
  rest()
  return new Promise(() => {})
}

function reply(answer: Answer, transfer: readonly ArrayBuffer[] = []): void {
  parentPort!.postMessage(answer, transfer)
}

function buffers(results: Protocol['run']['answer']): readonly ArrayBuffer[] {
  return Object.values(results).flatMap(value => ('data' in value ? [value.data.buffer as ArrayBuffer] : []))
}
