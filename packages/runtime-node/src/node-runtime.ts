import { stat } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import {
  type HostValue,
  hostOps,
  type Port,
  type Runtime,
  type Session,
  type Usage,
  type Value,
} from '@fewstep/runtime'
import type { Answer, Opened, Request } from './messages.ts'

export type NodeRuntimeOptions = {
  /** An execution provider of onnxruntime-node: `cpu` everywhere, others where its binary has them. */
  readonly device?: 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml'
  /** Threads for one operation; onnxruntime's own choice where absent. */
  readonly threads?: number
}

/**
 * The runtime over onnxruntime-node. Graphs run in a worker thread, so the event loop stays free; values live in this
 * thread's memory. The worker does not keep the process alive while nothing runs.
 *
 * @throws RuntimeNodeError, from every method, with the remedy
 */
export function nodeRuntime(options: NodeRuntimeOptions = {}): Runtime {
  const { device = 'cpu', threads } = options
  if (threads !== undefined && !(Number.isInteger(threads) && threads > 0)) {
    throw new RuntimeNodeError(`threads must be a whole number above 0, got ${threads}`)
  }
  // Sources are run by Node itself, which strips the types.
  const entry = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js'
  // When it is loaded, libonnxruntime 1.30 matches the process's command line against a recursive regular expression, and
  // a prompt of some thousand words overflows the usual stack of 4 MB. The memory is only taken where it is used.
  const resourceLimits = { stackSizeMb: 256 }
  const worker = new Worker(new URL(entry, import.meta.url), { resourceLimits })
  worker.unref()
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  let count = 0
  let gone: RuntimeNodeError | undefined
  const fail = (message: string): void => {
    gone ??= new RuntimeNodeError(message)
    for (const { reject } of waiting.values()) reject(gone)
    waiting.clear()
  }
  worker.on('message', (answer: Answer) => {
    const call = waiting.get(answer.id)
    waiting.delete(answer.id)
    if (waiting.size === 0) worker.unref()
    if ('error' in answer) call?.reject(new RuntimeNodeError(explain(answer.error, device)))
    else call?.resolve(answer.result)
  })
  worker.on('error', error => fail(explain(error.message, device)))
  worker.on('exit', code => fail(`the worker thread ended with code ${code}; make a new runtime`))
  const ask = <R>(request: Request): Promise<R> => {
    if (gone !== undefined) return Promise.reject(gone)
    const id = ++count
    worker.ref()
    return new Promise<R>((resolve, reject) => {
      waiting.set(id, { resolve: result => resolve(result as R), reject })
      worker.postMessage({ id, request })
    })
  }
  return {
    name: 'onnxruntime-node',
    device,
    ops: hostOps(),
    async open(model) {
      const label = 'path' in model ? model.path : `a model of ${model.bytes.length} bytes`
      if ('path' in model) {
        const found = await stat(model.path).catch(() => undefined)
        if (found === undefined) throw new RuntimeNodeError(`${label}: no such file`)
      }
      let opened: Opened
      try {
        opened = await ask<Opened>({ kind: 'open', model, device, threads })
      } catch (error) {
        throw new RuntimeNodeError(`${label}: ${(error as Error).message}`)
      }
      return session(opened, label, ask)
    },
    usage: () => ask<Usage>({ kind: 'usage' }),
    async dispose() {
      await Promise.allSettled([...waiting.keys()].map(id => settled(waiting.get(id)!)))
      gone ??= new RuntimeNodeError('the runtime has been disposed; make a new one')
      await worker.terminate()
    },
  }

  function settled(call: { resolve(result: unknown): void; reject(error: Error): void }): Promise<void> {
    const { resolve, reject } = call
    return new Promise(done => {
      call.resolve = result => {
        resolve(result)
        done()
      }
      call.reject = error => {
        reject(error)
        done()
      }
    })
  }
}

function session(
  { session, inputs, outputs }: Opened,
  label: string,
  ask: <R>(request: Request) => Promise<R>,
): Session {
  let open = true
  return {
    inputs,
    outputs,
    async run(feeds, options = {}) {
      options.signal?.throwIfAborted()
      if (!open) throw new RuntimeNodeError(`${label}: the session has been disposed; open the model again`)
      const given: Record<string, HostValue> = {}
      for (const input of inputs) given[input.name] = check(input, feeds[input.name], label)
      const stranger = Object.keys(feeds).find(name => !inputs.some(input => input.name === name))
      if (stranger !== undefined) {
        throw new RuntimeNodeError(
          `${label}: there is no input ${stranger}; its inputs are ${inputs.map(({ name }) => name).join(', ')}`,
        )
      }
      return ask<Readonly<Record<string, Value>>>({ kind: 'run', session, feeds: given })
    },
    async dispose() {
      if (!open) return
      open = false
      // The worker answers in order, so whatever runs is finished first.
      await ask({ kind: 'close', session })
    },
  }
}

function check(port: Port, value: Value | undefined, label: string): HostValue {
  const wanted = `${port.type} [${port.shape}]`
  if (value === undefined) throw new RuntimeNodeError(`${label}: the input ${port.name} is missing; feed ${wanted}`)
  if (value.data === undefined)
    throw new RuntimeNodeError(`${label}: the input ${port.name} is a value of another runtime; read it there first`)
  const fits =
    value.type === port.type &&
    value.shape.length === port.shape.length &&
    port.shape.every((size, i) => typeof size === 'string' || size === value.shape[i])
  if (!fits)
    throw new RuntimeNodeError(`${label}: the input ${port.name} must be ${wanted}, got ${value.type} [${value.shape}]`)
  const length = value.shape.reduce((a, b) => a * b, 1)
  if (length !== value.data.length) {
    throw new RuntimeNodeError(
      `${label}: the input ${port.name} of shape [${value.shape}] needs ${length} elements, got ${value.data.length}`,
    )
  }
  return value
}

function explain(message: string, device: string): string {
  if (/Cannot find (package|module) .?onnxruntime-node/.test(message))
    return 'onnxruntime-node is not installed; run: npm install onnxruntime-node'
  if (/protobuf|parsing failed|ModelProto/i.test(message))
    return `not a readable ONNX model, perhaps truncated; fetch it again (${message})`
  if (/GroupNorm|NhwcConv/.test(message)) {
    return `the model has operators that ${device} lacks (made for CUDA or DirectML); export it without that optimisation (${message})`
  }
  if (/backend not found|no available backend|not supported/i.test(message))
    return `this onnxruntime-node has no device ${device}; cpu is always there (${message})`
  return message
}

export class RuntimeNodeError extends Error {
  override readonly name = 'RuntimeNode.RuntimeNodeError'
}
