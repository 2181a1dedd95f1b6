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
import { bytesOf, namedFiles } from './models.ts'

/** What is used of the tensors of ONNX Runtime's JavaScript libraries. */
export type LibraryTensor = {
  readonly type: string
  readonly dims: readonly number[]
  readonly location: string
  readonly data: unknown
  dispose(): void
}

/** What is used of their description of an input or output. */
export type LibraryPort = {
  readonly name: string
  readonly isTensor: boolean
  readonly type?: string
  readonly shape?: readonly (number | string)[]
}

/** What is used of their sessions. */
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

/** Where outputs go: all of them, or each by its name. */
export type Location = 'gpu-buffer' | Readonly<Record<string, 'gpu-buffer'>>

/** What is asked of a library: the model is here. */
export type OpenRequest = OpenSettings & { readonly model: LibraryModel }

export type Library = {
  /** Opens a graph; outputs of which `preferredOutputLocation` tells nothing come to the host. */
  create(request: OpenRequest, more: { readonly preferredOutputLocation?: Location }): Promise<LibrarySession>
  tensor(value: HostValue): LibraryTensor | Promise<LibraryTensor>
  /** Whether the device has memory of its own, and whether outputs can stay there. */
  memory(device: string): { readonly own: boolean; readonly keeps: boolean }
  /** Called once everything is free. */
  end(): void
  readonly devices?: Answers['devices']
}

type Answers = {
  readonly [K in Kind]: (asked: Protocol[K]['request']) => Protocol[K]['answer'] | Promise<Protocol[K]['answer']>
}

/** A graph, and how many of its outputs are held: their memory is the graph's own, so it must outlive them. */
type Held = { readonly session: LibrarySession; readonly own: boolean; values: number; closed: boolean }

/**
 * The thread's part that holds the library: answers questions, one after the other, since sessions share their threads and
 * the library's module bears one call at a time.
 */
export function answerer(library: Library): (question: Question) => Promise<{ answer: Answer; handed: Handed }> {
  const models = new Map<number, Uint8Array>()
  const sessions = new Map<number, Held>()
  const values = new Map<number, { readonly tensor: LibraryTensor; readonly of: Held }>()
  const copies = { uploads: 0, downloads: 0 }
  let made = 0

  const answers: Answers = {
    async open(request) {
      const { keep, ...settings } = request
      const { own, keeps } = library.memory(request.device)
      const session = await keeping(library, { ...settings, model: taken(request.model) }, keeps ? keep : [])
      try {
        const stranger = keep === 'all' ? undefined : keep.find(name => !session.outputNames.includes(name))
        if (stranger !== undefined) {
          throw new RemoteError(
            `there is no output ${stranger} to keep on the device; its outputs are ${session.outputNames.join(', ')}`,
            { kind: 'input' },
          )
        }
        const [inputs, outputs] = [session.inputMetadata.map(port), session.outputMetadata.map(port)]
        sessions.set(++made, { session, own, values: 0, closed: false })
        return { session: made, inputs, outputs }
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
      models.set(++made, new Uint8Array(size))
      return { loaded: made }
    },
    piece({ loaded, at, bytes }) {
      models.get(loaded)!.set(bytes, at)
      return undefined
    },
    async load({ blob }) {
      const bytes = await bytesOf(blob)
      models.set(++made, bytes)
      return { loaded: made, external: namedFiles(bytes) }
    },
    unload({ loaded }) {
      models.delete(loaded)
      return undefined
    },
    devices: library.devices ?? unasked,
    async end() {
      for (const value of values.keys()) await answers.free({ value })
      for (const { session } of sessions.values()) await session.release()
      library.end()
      return undefined
    },
  }

  function taken(model: SentModel): LibraryModel {
    if (!('loaded' in model)) return model
    const external = [...model.external].map(([name, data]) => [name, 'loaded' in data ? given(data) : data] as const)
    return { bytes: given(model), external: new Map(external) }
  }

  function given({ loaded }: Loaded): Uint8Array {
    const bytes = models.get(loaded)!
    models.delete(loaded)
    return bytes
  }

  function sent(tensor: LibraryTensor, held: Held): SentValue {
    const type = tensor.type as ElementType
    if (tensor.location !== 'cpu') {
      values.set(++made, { tensor, of: held })
      held.values += 1
      return { type, shape: tensor.dims, id: made }
    }
    if (held.own) copies.downloads += 1
    return { type, shape: tensor.dims, data: tensor.data as Elements }
  }

  let queue: Promise<unknown> = Promise.resolve()
  return question => {
    const { id, kind } = question
    const answered = queue.then(async (): Promise<{ answer: Answer; handed: Handed }> => {
      try {
        const result = await (answers[kind] as (asked: Question) => Promise<unknown>)(question)
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

/** Opens a graph whose outputs of these names stay on the device, as far as they can be held there. */
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

/** The libraries make no tensors of the other types from buffers of a GPU, and fail in the run that should. */
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
  throw new RemoteError('this thread does not answer that')
}
