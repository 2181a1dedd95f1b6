import { resolve } from 'node:path'
import { checkNumber } from '@fewstep/errors'
import type { Runtime } from '@fewstep/runtime'
import { remoteRuntime } from '@fewstep/runtime/remote'
import { startProcess } from './link.ts'
import { deviceProblem, loadProblem, modelProblem, runProblem } from './problems.ts'
import { RuntimeNodeError } from './runtime-node-error.ts'
import { sentModel } from './sent-model.ts'

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
 * The runtime over onnxruntime-node. Graphs run in a process of their own, so the event loop stays free, and a crash of the
 * library or of a driver is an error here. That process does not keep this one alive while nothing runs, and ends with it.
 * On `webgpu` the outputs that `open` is told to keep stay on the device, in that process; elsewhere values are in this
 * process's memory.
 *
 * When that process ends by itself, whatever waits for it is rejected, and its sessions and values are gone. The next model
 * that is opened starts a new one.
 *
 * @throws RuntimeNodeError, from every method, with the remedy, and where no process can be started; FeedError from `run`;
 * ValueError from `ops`
 */
export function nodeRuntime(options: NodeRuntimeOptions = {}): Runtime {
  const { device = 'cpu', threads, profile } = options
  const refuse = (expected: string): Error =>
    new RuntimeNodeError(`threads must be ${expected}, got ${threads}`, 'input')
  if (threads !== undefined) checkNumber(threads, { whole: true, minimum: 1 }, refuse)
  // Sources are run by Node itself, which strips the types.
  const entry = import.meta.url.endsWith('.ts') ? './child.ts' : './child.js'
  return remoteRuntime({
    name: 'onnxruntime-node',
    settings: { device, threads, profile: profile === undefined ? undefined : resolve(profile) },
    connect: () => startProcess(new URL(entry, import.meta.url)),
    again: true,
    send: async (model, link) => ({ model: await sentModel(model, link), handed: [] }),
    async openProblem(error, { model, label, link }) {
      const { message } = error
      const problem = loadProblem(error) ?? (await deviceProblem(link, device))
      return problem ?? `${label}: ${await modelProblem(model, { device, message })}`
    },
    runProblem,
    error: (message, kind) => new RuntimeNodeError(message, kind),
  })
}
