import { resolve } from 'node:path'
import { checkNumber } from '@fewstep/errors'
import type { Runtime } from '@fewstep/runtime'
import { remoteRuntime } from '@fewstep/runtime/remote'
import { startProcess } from './link.ts'
import { deviceProblem, loadProblem, modelProblem, runProblem } from './problems.ts'
import { RuntimeNodeError } from './runtime-node-error.ts'
import { sentModel } from './sent-model.ts'

export type NodeRuntimeOptions = {
  /** An execution provider of onnxruntime-node; `cpu` by default. The others need a machine and a binary that have them. */
  readonly device?: 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml'
  /** Threads for one operation; onnxruntime chooses by default. */
  readonly threads?: number
  /**
   * Makes onnxruntime write a profile of each graph when the graph is disposed: a JSON file for Chrome's tracing that says which
   * node ran on which provider, and for how long. The option is the start of the path; the time and `.json` are appended.
   */
  readonly profile?: string
}

/**
 * The runtime for Node, with onnxruntime-node. Graphs run in a separate process, so the event loop stays free, and a crash of
 * the library or of a driver is only an error. The process ends with this one, and does not keep this one alive while nothing
 * runs. On `webgpu`, outputs named in `keep` stay on the device, in that process; on other devices values are in this process's
 * memory.
 *
 * If the process ends by itself, all pending work is rejected, and its sessions and values are gone. The next `open` starts a
 * new process.
 *
 * @throws RuntimeNodeError with the remedy, also from every method, and if no process can be started; FeedError from `run`;
 * ValueError from `ops`
 */
export function nodeRuntime(options: NodeRuntimeOptions = {}): Runtime {
  const { device = 'cpu', threads, profile } = options
  const refuse = (expected: string): Error =>
    new RuntimeNodeError(`threads must be ${expected}, got ${threads}`, 'input')
  if (threads !== undefined) checkNumber(threads, { whole: true, minimum: 1 }, refuse)
  // From the sources, Node runs the TypeScript file and strips the types.
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
