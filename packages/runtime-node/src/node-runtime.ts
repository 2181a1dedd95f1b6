import type { Runtime } from '@fewstep/runtime'
import { copyOf, inMemory, remoteRuntime } from '@fewstep/runtime/remote'
import { startWorker } from './link.ts'
import { resolvedFile, resolvedLinks } from './links.ts'
import { deviceProblem, loadProblem, modelProblem, runProblem } from './problems.ts'
import { RuntimeNodeError } from './runtime-node-error.ts'

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
  return remoteRuntime({
    name: 'onnxruntime-node',
    settings: { device, threads, profile },
    connect: () => startWorker(new URL(entry, import.meta.url)),
    again: false,
    async send(model) {
      const resolved = 'path' in model ? await resolvedFile(model) : await resolvedLinks(await inMemory(model))
      return 'path' in resolved ? { model: resolved, handed: [] } : copyOf(resolved)
    },
    async openProblem(error, { model, label, link }) {
      const { message } = error
      const problem = loadProblem(error) ?? (await deviceProblem(link, device))
      return problem ?? `${label}: ${await modelProblem(model, { device, message })}`
    },
    runProblem,
    error: message => new RuntimeNodeError(message),
  })
}
