/**
 * The process that holds onnxruntime-node. A crash of the native code or of a driver ends only this process, and only its event
 * loop is blocked while the library's `run` works.
 */
import { normalize, sep } from 'node:path'
import process from 'node:process'
import { Worker } from 'node:worker_threads'
import type { FileOnDisk } from '@fewstep/runtime'
import { answerer, type LibrarySession, RemoteError } from '@fewstep/runtime/answerer'
import type { LibraryModel, Question } from '@fewstep/runtime/remote'
import type { InferenceSession } from 'onnxruntime-node'

// If Float16Array exists, the library uses it for float16 elements, which its native part does not support.
Reflect.deleteProperty(globalThis, 'Float16Array')

// Signals from a terminal or a service manager go to all processes of a group. The main process decides what to end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
// The main process has ended, so there is nobody to answer.
process.on('disconnect', end)
// While the library works, this process does not notice that. A thread checks whether the main process still exists.
const watch = `const { ppid, kill, pid } = process
setInterval(() => { if (process.ppid !== ppid) kill(pid, 'SIGKILL') }, 500)`
const allowed = process.permission?.has('worker') ?? true
if (process.platform !== 'win32' && allowed) new Worker(watch, { eval: true, execArgv: [] }).unref()

// Imported when it is first needed, so that a failed import becomes the answer to a question.
let loaded: Promise<typeof import('onnxruntime-node')> | undefined
const library = (): Promise<typeof import('onnxruntime-node')> => {
  loaded ??= import('onnxruntime-node')
  return loaded
}

// Each session has its own threads. If they spin after a run, they slow down the next run of another session: with spinning,
// DeepCache's two graphs made generation 1.4 times as fast as without a cache, without spinning 2.2 times.
const sessionOptions = { force_spinning_stop: '1' } as const

const answer = answerer({
  async create({ model, device, threads, profile }, more) {
    const { InferenceSession } = await library()
    const options: InferenceSession.SessionOptions = {
      executionProviders: [device],
      graphOptimizationLevel: 'all',
      logSeverityLevel: 4,
      extra: { session: sessionOptions },
      ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
      ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
      ...more,
    }
    const session =
      'path' in model
        ? await InferenceSession.create(model.path, options)
        : await InferenceSession.create(...inMemory(model, options))
    return more.preferredOutputLocation === undefined
      ? (session as LibrarySession)
      : withAllOutputs(session as LibrarySession)
  },
  async tensor({ type, data, shape }) {
    const { Tensor } = await library()
    return new Tensor(type as 'float32', data as Float32Array, shape)
  },
  // On other devices the library copies outputs to the host.
  memory: device => ({ own: device !== 'cpu', keeps: device === 'webgpu' }),
  async devices() {
    const { listSupportedBackends } = await library()
    return listSupportedBackends()
  },
})

/**
 * A session that always requests all outputs from the library and disposes those that the caller does not need. If outputs stay
 * on a device, onnxruntime-node 1.30 binds the requested ones and never unbinds them: a later run that requests fewer fails
 * ("Output count mismatch"), and a later run with another batch size returns the old output.
 */
function withAllOutputs(session: LibrarySession): LibrarySession {
  const { outputNames, inputMetadata, outputMetadata } = session
  return {
    outputNames,
    inputMetadata,
    outputMetadata,
    release: () => session.release(),
    async run(feeds, outputs = outputNames) {
      const results = Object.entries(await session.run(feeds))
      for (const [name, tensor] of results) if (!outputs.includes(name)) tensor.dispose()
      return Object.fromEntries(results.filter(([name]) => outputs.includes(name)))
    },
  }
}

/** The arguments for a model in memory. Its blobs have been read before it was sent here. */
function inMemory(
  { bytes, external = new Map() }: Exclude<LibraryModel, FileOnDisk>,
  options: InferenceSession.SessionOptions,
): [bytes: Uint8Array, options: InferenceSession.SessionOptions] {
  const inMemoryData = [...external].flatMap(([path, data]) => (data instanceof Uint8Array ? [{ path, data }] : []))
  const folders = new Set([...external].flatMap(([name, data]) => ('path' in data ? [folderOf(name, data)] : [])))
  const [folder, other] = folders
  if (other !== undefined) {
    const problem = `the weights are in two folders, ${folder} and ${other}; put them into one folder`
    throw new RemoteError(problem, { kind: 'input' })
  }
  const onDisk = { ...sessionOptions, model_external_initializers_file_folder_path: folder }
  return [
    bytes,
    {
      ...options,
      ...(inMemoryData.length === 0 ? {} : { externalData: inMemoryData }),
      ...(folder === undefined ? {} : { extra: { session: onDisk } }),
    },
  ]
}

/** The folder from which the model's name for a file leads to that file. */
function folderOf(name: string, { path }: FileOnDisk): string {
  const [full, tail] = [normalize(path), sep + normalize(name)]
  if (full.endsWith(tail)) return full.slice(0, -tail.length)
  throw new RemoteError(`the path of the weights ${name} must end with that name, got ${path}; move the file`, {
    kind: 'input',
  })
}

process.on('message', (question: Question) => {
  answer(question).then(({ answer }) => {
    // If the main process has ended, it needs no answer.
    if (process.connected) process.send?.(answer, undefined, undefined, () => {})
  })
})

/** Ends this process without the library's clean-up, which can crash. */
function end(): void {
  process.kill(process.pid, 'SIGKILL')
}
