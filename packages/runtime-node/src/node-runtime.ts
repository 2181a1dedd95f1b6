import { deviceOps, type Model, type Runtime } from '@fewstep/runtime'
import { type Link, startWorker, type WorkerError } from './link.ts'
import type { Protocol } from './messages.ts'
import { deviceProblem, loadProblem, modelProblem } from './problems.ts'
import { RuntimeNodeError } from './runtime-node-error.ts'
import { heldValues, session } from './session.ts'

export type NodeRuntimeOptions = {
  /** An execution provider of onnxruntime-node: `cpu` everywhere, others where the machine and the binary have them. */
  readonly device?: 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml'
  /** Threads for one operation; onnxruntime's own choice where absent. */
  readonly threads?: number
  /**
   * Makes onnxruntime write a profile of each graph, a JSON file that Chrome's tracing reads, when the graph is disposed: a
   * path that the time and `.json` are added to. It says which node ran on which provider, and for how long.
   */
  readonly profile?: string
}

/**
 * The runtime over onnxruntime-node. Graphs run in a worker thread, so the event loop stays free; the thread does not keep
 * the process alive while nothing runs. On `webgpu` the outputs that `open` is told to keep stay on the device; elsewhere
 * values are in this thread's memory.
 *
 * When the thread dies, whatever waits for it is rejected, and so is every later call: make a new runtime.
 *
 * @throws RuntimeNodeError, from every method, with the remedy; FeedError from `run`; ValueError from `ops`
 */
export function nodeRuntime(options: NodeRuntimeOptions = {}): Runtime {
  const { device = 'cpu', threads, profile } = options
  if (threads !== undefined && !(Number.isInteger(threads) && threads > 0)) {
    throw new RuntimeNodeError(`threads must be a whole number above 0, got ${threads}`)
  }
  // Sources are run by Node itself, which strips the types.
  const entry = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js'
  const link = startWorker(new URL(entry, import.meta.url))
  let graphs = 0
  const rest = (): void => {
    if (graphs === 0 && values.count === 0) ops.release()
  }
  const values = heldValues(link, rest)
  const opener =
    (closed: () => void): Runtime['open'] =>
    async (model, { keep = [] } = {}) => {
      const label = 'path' in model ? model.path : `a model of ${model.bytes.length} bytes`
      try {
        const opened = await request(link, { model, keep, device, threads, profile })
        return session(opened, { label, link, values, closed })
      } catch (error) {
        const { message } = error as WorkerError
        const problem = link.ended
          ? message
          : (loadProblem(error as WorkerError) ?? (await deviceProblem(link, device)))
        throw new RuntimeNodeError(problem ?? `${label}: ${await modelProblem(model, { device, message })}`)
      }
    }
  const ops = deviceOps({ open: opener(() => {}), dispose: values.free })
  const open = opener(() => {
    graphs -= 1
    rest()
  })
  return {
    name: 'onnxruntime-node',
    device,
    ops,
    async open(model, options) {
      const opened = await open(model, options)
      graphs += 1
      return opened
    },
    usage: () =>
      link.ask('usage', {}).catch(error => {
        throw new RuntimeNodeError((error as Error).message)
      }),
    dispose: link.end,
  }
}

/** Bytes are copied once and handed over, so that a view of a large buffer does not take all of it along. */
function request(link: Link, asked: Protocol['open']['request']): Promise<Protocol['open']['answer']> {
  if ('path' in asked.model) return link.ask('open', asked)
  const { bytes, external } = copy(asked.model)
  const files = external === undefined ? [] : [...external.values()]
  return link.ask('open', { ...asked, model: { bytes, ...(external === undefined ? {} : { external }) } }, [
    bytes.buffer,
    ...files.map(({ buffer }) => buffer),
  ])
}

function copy({ bytes, external }: Extract<Model, { readonly bytes: Uint8Array }>) {
  return {
    bytes: Uint8Array.from(bytes),
    external: external && new Map([...external].map(([path, data]) => [path, Uint8Array.from(data)] as const)),
  }
}
