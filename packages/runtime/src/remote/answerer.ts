import { kindOf } from '@fewstep/errors'
import type { Elements, ElementType } from '../element-type.ts'
import type { HostValue, Port } from '../runtime.ts'
import { type Handed, RemoteError } from './calls.ts'
import type {
  Answer,
  Kind,
  LibraryModel,
  Loaded,
  OpenSettings,
  Protocol,
  Question,
  SentModel,
  SentValue,
} from './messages.ts'

export { RemoteError } from './calls.ts'

/** A tensor of ONNX Runtime's JavaScript libraries: the members that are used here. */
export type LibraryTensor = {
  readonly type: string
  readonly dims: readonly number[]
  readonly location: string
  readonly data: unknown
  dispose(): void
}

/** Their description of an input or output: the members that are used here. */
export type LibraryPort = {
  readonly name: string
  readonly isTensor: boolean
  readonly type?: string
  readonly shape?: readonly (number | string)[]
}

/** Their sessions: the members that are used here. */
export type LibrarySession = {
  readonly outputNames: readonly string[]
  readonly inputMetadata: readonly LibraryPort[]
  readonly outputMetadata: readonly LibraryPort[]
  run(
    feeds: Readonly<Record<string, LibraryTensor>>,
    outputs?: readonly string[],
  ): Promise<Record<string, LibraryTensor>>
  release(): Promise<void>
}

/** Where outputs are stored: all of them, or each by its name. */
export type Location = 'gpu-buffer' | Readonly<Record<string, 'gpu-buffer'>>

/** A request to open a model whose bytes or path are in this thread. */
export type OpenRequest = OpenSettings & { readonly model: LibraryModel }

/** The library that runs graphs, as {@link answerer} uses it. */
export type Library = {
  /** Opens a graph. Outputs that `preferredOutputLocation` does not name come to the host. */
  create(request: OpenRequest, more: { readonly preferredOutputLocation?: Location }): Promise<LibrarySession>
  tensor(value: HostValue): LibraryTensor | Promise<LibraryTensor>
  /** `own`: whether the device has memory of its own. `keeps`: whether outputs can stay there. */
  memory(device: string): { readonly own: boolean; readonly keeps: boolean }
  readonly devices?: Answers['devices']
  /** The files of external data that a serialized model names. Needed for models that this thread reads. */
  readonly namedFiles?: (bytes: Uint8Array) => readonly string[]
}

type Answers = {
  readonly [K in Kind]: (request: Protocol[K]['request']) => Protocol[K]['answer'] | Promise<Protocol[K]['answer']>
}

/** A graph, and how many of its outputs are held. Their memory belongs to the graph, so it must outlive them. */
type Held = { readonly session: LibrarySession; readonly own: boolean; values: number; closed: boolean }

/**
 * Answers the questions to the thread that holds the library. It answers them one at a time, because sessions share their
 * threads and the library's module does not allow two calls at once.
 */
export function answerer(library: Library): (question: Question) => Promise<{ answer: Answer; handed: Handed }> {
  const models = new Map<number, Uint8Array>()
  const sessions = new Map<number, Held>()
  const values = new Map<number, { readonly tensor: LibraryTensor; readonly of: Held }>()
  const copies = { uploads: 0, downloads: 0 }
  let lastId = 0

  const answers: Answers = {
    async open(request) {
      const { keep, ...settings } = request
      const { own, keeps } = library.memory(request.device)
      const session = await keeping(library, { ...settings, model: taken(request.model) }, keeps ? keep : [])
      try {
        const unknown = keep === 'all' ? undefined : keep.find(name => !session.outputNames.includes(name))
        if (unknown !== undefined) {
          throw new RemoteError(
            `there is no output ${unknown} to keep on the device; its outputs are ${session.outputNames.join(', ')}`,
            { kind: 'input' },
          )
        }
        const [inputs, outputs] = [session.inputMetadata.map(port), session.outputMetadata.map(port)]
        sessions.set(++lastId, { session, own, values: 0, closed: false })
        return { session: lastId, inputs, outputs }
      } catch (error) {
        await session.release()
        throw error
      }
    },
    async run({ session, feeds, outputs }) {
      const held = sessions.get(session)!
      const tensors: Record<string, LibraryTensor> = {}
      for (const [name, value] of Object.entries(feeds)) {
        if ('id' in value) tensors[name] = values.get(value.id)!.tensor
        else {
          tensors[name] = await library.tensor(value)
          if (held.own) copies.uploads += 1
        }
      }
      const results = await held.session.run(tensors, outputs)
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
    room({ size }) {
      models.set(++lastId, new Uint8Array(size))
      return { loaded: lastId }
    },
    piece({ loaded, at, bytes }) {
      models.get(loaded)!.set(bytes, at)
      return undefined
    },
    async load({ blob }) {
      const { namedFiles = unasked } = library
      const bytes = new Uint8Array(await blob.arrayBuffer())
      models.set(++lastId, bytes)
      return { loaded: lastId, external: namedFiles(bytes) }
    },
    unload({ loaded }) {
      models.delete(loaded)
      return undefined
    },
    devices: library.devices ?? unasked,
    async end() {
      for (const value of values.keys()) await answers.free({ value })
      for (const { session } of sessions.values()) await session.release()
      return undefined
    },
  }

  function taken(model: SentModel): LibraryModel {
    if (!('loaded' in model)) return model
    const external = [...model.external].map(
      ([name, data]) => [name, 'loaded' in data ? takeBytes(data) : data] as const,
    )
    return { bytes: takeBytes(model), external: new Map(external) }
  }

  function takeBytes({ loaded }: Loaded): Uint8Array {
    const bytes = models.get(loaded)!
    models.delete(loaded)
    return bytes
  }

  function sent(tensor: LibraryTensor, held: Held): SentValue {
    const type = tensor.type as ElementType
    if (tensor.location !== 'cpu') {
      values.set(++lastId, { tensor, of: held })
      held.values += 1
      return { type, shape: tensor.dims, id: lastId }
    }
    if (held.own) copies.downloads += 1
    return { type, shape: tensor.dims, data: tensor.data as Elements }
  }

  let queue: Promise<unknown> = Promise.resolve()
  return question => {
    const { id, kind } = question
    const answered = queue.then(async (): Promise<{ answer: Answer; handed: Handed }> => {
      try {
        const result = await (answers[kind] as (question: Question) => Promise<unknown>)(question)
        return { answer: { id, result }, handed: kind === 'run' ? buffers(result as Protocol['run']['answer']) : [] }
      } catch (error) {
        const { message, code } = error as Error & { readonly code?: string }
        return { answer: { id, error: { message, code, kind: kindOf(error) } }, handed: [] }
      }
    })
    queue = answered
    return answered
  }
}

/** Opens a graph. The named outputs stay on the device, except those of types that cannot be held there. */
async function keeping(
  library: Library,
  request: OpenRequest,
  keep: readonly string[] | 'all',
): Promise<LibrarySession> {
  const session = await library.create(
    request,
    keep === 'all' ? { preferredOutputLocation: 'gpu-buffer' } : located(keep),
  )
  const held = session.outputMetadata.filter(({ name }) => keep === 'all' || keep.includes(name))
  if (held.every(holdable)) return session
  await session.release()
  return library.create(request, located(held.filter(holdable).map(({ name }) => name)))
}

function located(keep: readonly string[]): { readonly preferredOutputLocation?: Location } {
  return keep.length === 0
    ? {}
    : { preferredOutputLocation: Object.fromEntries(keep.map(name => [name, 'gpu-buffer'] as const)) }
}

/** The libraries cannot create tensors of other types from a GPU's buffers; a run that should do so fails. */
function holdable({ isTensor, type = '' }: LibraryPort): boolean {
  return isTensor && ['float32', 'float16', 'int64', 'int32', 'uint32', 'uint8', 'bool'].includes(type)
}

async function releaseUnused({ session, values, closed }: Held): Promise<void> {
  if (closed && values === 0) await session.release()
}

function port({ name, isTensor, type, shape = [] }: LibraryPort): Port {
  if (!isTensor)
    throw new RemoteError(`${name} is a sequence or map; export the model with tensors only`, { kind: 'model' })
  if (type === 'string')
    throw new RemoteError(`${name} takes strings; export the model with numbers only`, { kind: 'model' })
  return { name, type: type as ElementType, shape }
}

function buffers(results: Protocol['run']['answer']): Handed {
  return Object.values(results).flatMap(value => ('data' in value ? [value.data.buffer as ArrayBuffer] : []))
}

function unasked(): never {
  throw new RemoteError('this runtime does not support that question')
}
