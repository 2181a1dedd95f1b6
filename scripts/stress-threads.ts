/**
 * Why runtime-node runs ONNX Runtime in a child process: it shows how a process ends that has the library in a thread.
 *
 *     node scripts/stress-threads.ts [processes]
 *
 * Each process loads the library in a thread, opens a model, runs it and ends the thread at a different moment, by
 * `terminate()` or `process.exit()`; two more open models in a thread for a minute while the main thread sets variables of
 * the environment. All should end with code 0; the script counts how they end.
 */
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

const decoder = fileURLToPath(new URL('../packages/model-emoji/model/vae_decoder/model.onnx', import.meta.url))
const library = createRequire(import.meta.url).resolve('onnxruntime-node')
const thread = `
const { parentPort } = process.getBuiltinModule('node:worker_threads')
const { InferenceSession, Tensor } = require(${JSON.stringify(library)})
parentPort.postMessage('loaded')
const go = async () => {
  const session = await InferenceSession.create(${JSON.stringify(decoder)}, { intraOpNumThreads: 1 })
  parentPort.postMessage('opened')
  for (let i = 0; i < 4; i++) {
    await session.run({ latent_sample: new Tensor('float32', new Float32Array(1024), [1, 4, 16, 16]) })
    parentPort.postMessage('ran')
  }
  await session.release()
  parentPort.postMessage('released')
}
go()`
const opening = `
const { InferenceSession } = require(${JSON.stringify(library)})
const go = async () => {
  for (;;) await (await InferenceSession.create(${JSON.stringify(decoder)}, { intraOpNumThreads: 1 })).release()
}
go()`
const moments = ['loaded', 'opened', 'ran', 'released']

if (process.argv[2] === 'one') {
  const [moment, delay, how] = process.argv.slice(3)
  const worker = new Worker(thread, { eval: true })
  const end = (): void => {
    if (how === 'exit') process.exit(0)
    worker.terminate()
  }
  worker.on('message', reached => {
    if (reached === moment) setTimeout(end, Number(delay))
  })
} else if (process.argv[2] === 'environment') {
  new Worker(opening, { eval: true })
  const began = Date.now()
  for (let i = 0; Date.now() - began < 60_000; i++) {
    process.env[`STRESS_${i % 300}`] = 'x'.repeat(1 + (i % 97))
    if (i % 300 === 299) for (let j = 0; j < 300; j++) delete process.env[`STRESS_${j}`]
  }
  process.kill(process.pid, 'SIGTERM')
} else {
  const ends = new Map<string, number>()
  const count = (what: string, args: readonly string[]): void => {
    const { status, signal } = spawnSync(execPath, [fileURLToPath(import.meta.url), ...args], { stdio: 'ignore' })
    // What ends by SIGTERM has got to its end.
    const end = `${what}: ${signal === null || signal === 'SIGTERM' ? `code ${status ?? 0}` : signal}`
    ends.set(end, (ends.get(end) ?? 0) + 1)
  }
  for (let i = 0; i < Number(process.argv[2] ?? 100); i++) {
    const how = i % 2 === 0 ? 'terminate' : 'exit'
    count(how === 'exit' ? 'process.exit()' : 'terminate()', [
      'one',
      moments[(i >> 1) % moments.length]!,
      `${((i >> 3) * 7) % 40}`,
      how,
    ])
  }
  for (let i = 0; i < 2; i++) count('the environment changed', ['environment'])
  for (const [end, count] of [...ends].sort()) console.log(`${end}, ${count} times`)
}
