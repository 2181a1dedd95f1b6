/**
 * The process that holds onnxruntime-node, so that a crash of its native code, or of a driver, ends no other process. Its
 * `run` blocks the event loop.
 */
import { normalize, sep } from 'node:path'
import process from 'node:process'
import { Worker } from 'node:worker_threads'
import type { FileOnDisk } from '@fewstep/runtime'
import { answerer, type LibrarySession, RemoteError } from '@fewstep/runtime/answerer'
import type { LibraryModel, Question } from '@fewstep/runtime/remote'
import type { InferenceSession } from 'onnxruntime-node'

// The library would wrap float16 elements in a Float16Array where there is one, which its native part does not know.
Reflect.deleteProperty(globalThis, 'Float16Array')

// Signals of a terminal or of a service manager go to all processes of a group: the other one decides what ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
// Nobody is left to answer.
process.on('disconnect', end)
// Within a call into the library that goes unnoticed, so a thread of its own looks for the other process.
const watch = `const { ppid, kill, pid } = process
setInterval(() => { if (process.ppid !== ppid) kill(pid, 'SIGKILL') }, 500)`
const allowed = process.permission?.has('worker') ?? true
if (process.platform !== 'win32' && allowed) new Worker(watch, { eval: true, execArgv: [] }).unref()

// Imported when it is first needed, so that a failure is the answer to a question.
let loaded: Promise<typeof import('onnxruntime-node')> | undefined
const library = (): Promise<typeof import('onnxruntime-node')> => {
  loaded ??= import('onnxruntime-node')
  return loaded
}

// Each session has threads of its own. Spinning on after a run they would slow down the next one of another session:
// DeepCache's two graphs were 1.4 times as fast as none instead of 2.2 times.
const atRest = { force_spinning_stop: '1' } as const

const answer = answerer({
  async create({ model, device, threads, profile }, more) {
    const { InferenceSession } = await library()
    const options: InferenceSession.SessionOptions = {
      executionProviders: [device],
      graphOptimizationLevel: 'all',
      logSeverityLevel: 4,
      extra: { session: atRest },
      ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
      ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
      ...more,
    }
    const session =
      'path' in model
        ? await InferenceSession.create(model.path, options)
        : await InferenceSession.create(...inMemory(model, options))
    return more.preferredOutputLocation === undefined ? (session as LibrarySession) : whole(session as LibrarySession)
  },
  async tensor({ type, data, shape }) {
    const { Tensor } = await library()
    return new Tensor(type as 'float32', data as Float32Array, shape)
  },
  // On other devices outputs are copied to the host by the library itself.
  memory: device => ({ own: device !== 'cpu', keeps: device === 'webgpu' }),
  async devices() {
    const { listSupportedBackends } = await library()
    return listSupportedBackends()
  },
})

/**
 * A session that always gives all of its outputs to the library. Where outputs stay on a device, onnxruntime-node 1.30 binds
 * those that are asked for and never lets go of them: a later run that asks for fewer fails ("Output count mismatch"), or
 * with another batch finds the old output in the place of the new one.
 */
function whole(session: LibrarySession): LibrarySession {
  const { outputNames, inputMetadata, outputMetadata } = session
  return {
    outputNames,
    inputMetadata,
    outputMetadata,
    release: () => session.release(),
    async run(feeds, outputs = outputNames) {
      const made = Object.entries(await session.run(feeds))
      for (const [name, tensor] of made) if (!outputs.includes(name)) tensor.dispose()
      return Object.fromEntries(made.filter(([name]) => outputs.includes(name)))
    },
  }
}

/** Blobs are read before a model is sent here. */
function inMemory(
  { bytes, external = new Map() }: Exclude<LibraryModel, FileOnDisk>,
  options: InferenceSession.SessionOptions,
): [bytes: Uint8Array, options: InferenceSession.SessionOptions] {
  const given = [...external].flatMap(([path, data]) => (data instanceof Uint8Array ? [{ path, data }] : []))
  const folders = new Set([...external].flatMap(([name, data]) => ('path' in data ? [folderOf(name, data)] : [])))
  const [folder, other] = folders
  if (other !== undefined) {
    const problem = `the weights lie in ${folder} and in ${other}; put them into one folder`
    throw new RemoteError(problem, { kind: 'input' })
  }
  const onDisk = { ...atRest, model_external_initializers_file_folder_path: folder }
  return [
    bytes,
    {
      ...options,
      ...(given.length === 0 ? {} : { externalData: given }),
      ...(folder === undefined ? {} : { extra: { session: onDisk } }),
    },
  ]
}

/** The folder in which a model finds a file by the name that it has for it. */
function folderOf(name: string, { path }: FileOnDisk): string {
  const [full, tail] = [normalize(path), sep + normalize(name)]
  if (full.endsWith(tail)) return full.slice(0, -tail.length)
  throw new RemoteError(`the weights ${name} are at ${path}, which must end with that name; move the file`, {
    kind: 'input',
  })
}

process.on('message', (question: Question) => {
  answer(question).then(({ answer }) => {
    // A process that has ended meanwhile needs no answer.
    if (process.connected) process.send?.(answer, undefined, undefined, () => {})
  })
})

/** Without clean-up, in which the library can crash. */
function end(): void {
  process.kill(process.pid, 'SIGKILL')
}
