import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { model } from '@fewstep/model-emoji'
import type { HostValue, Runtime, Session } from '@fewstep/runtime'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { heavy, inFours } from '../../runtime/src/conformance/models.ts'
import { children } from './support/children.ts'

const started = vi.hoisted((): ChildProcess[] => [])
vi.mock('node:child_process', async original => {
  const real = await original<typeof import('node:child_process')>()
  const fork = (...given: Parameters<typeof real.fork>): ChildProcess => {
    started.push(real.fork(...given))
    return started.at(-1)!
  }
  return { ...real, fork }
})

const latent_sample: HostValue = { type: 'float32', shape: [1, 4, 16, 16], data: new Float32Array(1024).fill(0.1) }
const decoder = await directory(model).model('vae_decoder/model.onnx')
const cwd = fileURLToPath(new URL('..', import.meta.url))
let runtime: Runtime
let session: Session

beforeEach(async () => {
  runtime = nodeRuntime({ threads: 1 })
  session = await runtime.open(decoder)
})
afterEach(() => runtime.dispose())

/** Every process that was started has ended and has been waited for. */
const nothingIsLeft = (): void => {
  const pids = started.map(({ pid }) => pid)
  expect(children().filter(({ pid }) => pids.includes(pid))).toEqual([])
}

describe.each([
  ['SIGSEGV', /decoder.model\.onnx: the process that runs ONNX Runtime ended by SIGSEGV; open the models again.*cpu/],
  ['SIGABRT', /ended by SIGABRT; open the models again/],
  ['SIGKILL', /ended by SIGKILL; .*memory is short/],
] as const)('a library that ends by %s', (signal, message) => {
  test('while graphs run rejects pending and later work, and the next model opens', async () => {
    const runs = Array.from({ length: 20 }, () => session.run({ latent_sample }))
    const outcomes = Promise.allSettled([...runs, runtime.open(decoder)])
    await runs[0]
    started.at(-1)!.kill(signal)
    const rejected = (await outcomes).filter(({ status }) => status === 'rejected')
    expect(rejected.length).toBeGreaterThan(0)
    for (const outcome of rejected) {
      expect(outcome).toMatchObject({
        reason: { name: 'RuntimeNode.RuntimeNodeError', message: expect.stringMatching(message) },
      })
    }
    await expect(session.run({ latent_sample })).rejects.toThrow(/ended by/)
    await expect(runtime.usage()).rejects.toThrow(/ended by/)
    await session.dispose()

    const again = await runtime.open(decoder)
    expect((await again.run({ latent_sample })).sample!.shape).toEqual([1, 3, 64, 64])
    expect(await runtime.usage()).toMatchObject({ sessions: 1, values: 0 })
    await runtime.dispose()
    nothingIsLeft()
  })

  test('while a model is being opened rejects that, and the next one opens', async () => {
    const opening = runtime.open({ bytes: heavy(2048) })
    const outcome = expect(opening).rejects.toThrow(/a model of \d+ bytes: the process that runs ONNX Runtime ended by/)
    started.at(-1)!.kill(signal)
    await outcome
    const again = await runtime.open({ bytes: inFours() })
    const x: HostValue = { type: 'float32', shape: [4], data: Float32Array.of(1, 2, 3, 4) }
    expect((await again.run({ x })).y!.data).toEqual(Float32Array.of(1, 2, 3, 4))
    await runtime.dispose()
    nothingIsLeft()
  })
})

test('a library that ends while nothing runs, or before it has started, does not take the process along', async () => {
  const other = nodeRuntime()
  started.at(-1)!.kill('SIGKILL')
  await once(started.at(-1)!, 'close')
  expect((await other.open(decoder)).inputs).toHaveLength(1)
  await Promise.all([other.dispose(), runtime.dispose()])
  nothingIsLeft()
})

test('a runtime that is disposed ends its process, and does so once', async () => {
  const child = started.at(-1)!
  const ended: unknown[] = []
  child.on('close', (...how) => ended.push(how))
  await Promise.all([runtime.dispose(), runtime.dispose()])
  await runtime.dispose()
  expect(ended).toEqual([[null, 'SIGKILL']])
  nothingIsLeft()
})

test('signals of a terminal or a service manager are left to the main process', async () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    started.at(-1)!.kill(signal)
    expect((await session.run({ latent_sample })).sample!.shape).toEqual([1, 3, 64, 64])
  }
})

test('returned arrays have separate buffers', async () => {
  const { sample } = await session.run({ latent_sample })
  expect(sample!.data!.buffer.byteLength).toBe(sample!.data!.byteLength)
})

// The process that runs graphs was started in another folder.
test('relative paths are resolved against the working directory of the time of the call', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fewstep-elsewhere-'))
  const before = process.cwd()
  try {
    process.chdir(fileURLToPath(model))
    const opening = runtime.open({ path: 'vae_decoder/model.onnx' })
    process.chdir(folder)
    expect((await opening).inputs).toEqual(session.inputs)
    await expect(runtime.open({ path: 'vae_decoder/model.onnx' })).rejects.toThrow(/vae_decoder/)
  } finally {
    process.chdir(before)
    await rm(folder, { recursive: true })
  }
})

const options = ['--conditions=@fewstep/source', '--input-type=module', '-e']
const opens = `
  import { model } from '@fewstep/model-emoji'
  import { directory, nodeRuntime } from '@fewstep/runtime-node'
  const runtime = nodeRuntime({ threads: 1 })
  const session = await runtime.open(await directory(model).model('vae_decoder/model.onnx'))
  const latent_sample = { type: 'float32', shape: [1, 4, 16, 16], data: new Float32Array(1024) }
`

test('a process that exits during a run has the exit code that it chose', async () => {
  const script = `${opens}
    for (let i = 0; i < 50; i++) session.run({ latent_sample })
    await session.run({ latent_sample })
    process.exit(3)`
  const outcome = promisify(execFile)(execPath, [...options, script], { cwd })
  await expect(outcome).rejects.toMatchObject({ code: 3, stderr: '' })
})

test('an idle runtime does not keep its process alive', async () => {
  const script = `${opens}
    await session.run({ latent_sample })
    console.log('done')`
  expect(await promisify(execFile)(execPath, [...options, script], { cwd })).toEqual({ stdout: 'done\n', stderr: '' })
})

test('a runtime whose disposal is awaited is disposed before the process ends', async () => {
  const script = `${opens}
    session.run({ latent_sample })
    await runtime.dispose()
    console.log('disposed')`
  expect((await promisify(execFile)(execPath, [...options, script], { cwd })).stdout).toBe('disposed\n')
})

test.each(['idle', 'run'])(
  'the library ends with a process that is killed, in the middle of a run too: %s',
  async at => {
    const script = `${opens}
    const large = { type: 'float32', shape: [1, 4, 256, 256], data: new Float32Array(4 * 256 * 256) }
    await session.run({ latent_sample })
    if ('${at}' === 'run') for (let i = 0; i < 1000; i++) session.run({ latent_sample: large })
    console.log('ready')
    setInterval(() => {}, 1000)`
    const parent = spawn(execPath, [...options, script], { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
    await once(parent.stdout, 'data')
    const [library] = children(parent.pid)
    expect(library?.command).toMatch(/child\.ts/)
    parent.kill('SIGKILL')
    await once(parent, 'close')
    await vi.waitFor(() => expect(() => process.kill(library!.pid, 0)).toThrow(/ESRCH/), { timeout: 50_000 })
  },
)

test.each([
  ['--max-old-space-size=2000', {}],
  ['--expose-gc', {}],
  ['--inspect=0', {}],
  ['--no-warnings', { NODE_OPTIONS: '--inspect=0 --no-deprecation' }],
] as const)('a process started with %s and %j has its library, without a second debugger', async (option, more) => {
  const script = `
    import('@fewstep/runtime-node').then(async ({ nodeRuntime }) => {
      const runtime = nodeRuntime()
      console.log((await runtime.usage()).sessions)
      await runtime.dispose()
    })`
  const given = [option, '--conditions=@fewstep/source', '-e', script]
  const { stdout, stderr } = await promisify(execFile)(execPath, given, { cwd, env: { ...process.env, ...more } })
  expect(stdout).toBe('0\n')
  const debuggers = [...stderr.matchAll(/Debugger listening/g)]
  expect(debuggers).toHaveLength(option.startsWith('--inspect') || 'NODE_OPTIONS' in more ? 1 : 0)
})
