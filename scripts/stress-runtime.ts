/**
 * Looks for crashes of the runtime of Node: opens, runs, aborts and releases models and disposes runtimes in random
 * order, several runtimes at once, and now and then kills the library's process in the middle.
 *
 *     npx -y pnpm@12 exec node --conditions=@fewstep/source scripts/stress-runtime.ts [rounds] [seed]
 *
 * Start it twice, so that both cores are busy, and with `ulimit -c unlimited` for a core dump. It ends with code 1 at the
 * first wrong answer, the first process that ends without having been killed, or a process that is left behind.
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { model } from '@fewstep/model-emoji'
import { buildModel, node, port, tensor, writeModel } from '@fewstep/onnx-graph'
import type { HostValue, Runtime, Session } from '@fewstep/runtime'
import { nodeRuntime } from '@fewstep/runtime-node'

const [rounds, seed] = [Number(process.argv[2] ?? 1000), Number(process.argv[3] ?? 1)]
const side = 128
const heavy = writeModel(
  buildModel({
    inputs: [port('x', 'float32', [1, side])],
    outputs: [port('y', 'float32', [1, side])],
    initializers: [tensor('weights', 'float32', [side, side], new Float32Array(side * side).fill(1))],
    nodes: [node('MatMul', ['x', 'weights'], ['y'])],
  }),
)
const decoder = fileURLToPath(new URL('vae_decoder/model.onnx', model))
const latent: HostValue = { type: 'float32', shape: [1, 4, 16, 16], data: new Float32Array(1024).fill(0.1) }
const random = uniform(seed)
const chance = (share: number): boolean => random() < share
const below = (count: number): number => Math.floor(random() * count)

let kills = 0
const began = performance.now()
for (let round = 1; round <= rounds; round++) {
  // With one generator for all, the timing of the runtimes would decide who gets which number.
  const plans = Array.from({ length: 1 + below(2) }, () => ({
    threads: 1 + below(2),
    steps: Array.from({ length: 6 + below(10) }, () => random()),
    kill: chance(0.1),
    wait: chance(0.5),
  }))
  await Promise.all(plans.map(lifeOf))
  const left = libraries()
  if (left.length > 0) throw new Error(`round ${round}: processes are left behind: ${left.join(', ')}`)
  if (round % 50 === 0) {
    const minutes = ((performance.now() - began) / 60_000).toFixed(1)
    const memory = (process.memoryUsage().rss / 1e6).toFixed(0)
    console.log(`${round} rounds, ${kills} kills, ${minutes} minutes, ${memory} MB`)
  }
}
console.log(`${rounds} rounds with seed ${seed} and ${kills} kills, and no crash`)

type Plan = {
  readonly threads: number
  readonly steps: readonly number[]
  readonly kill: boolean
  readonly wait: boolean
}

/** One runtime from its start to its end: each number of `steps` chooses the next action, which starts without waiting for the one before. */
async function lifeOf({ threads, steps, kill, wait }: Plan): Promise<void> {
  const others = libraries()
  const runtime = nodeRuntime({ threads })
  const mine = libraries().filter(pid => !others.includes(pid))
  const work: Promise<void>[] = []
  const opened: Promise<Session>[] = []
  let killed = false
  for (const [i, step] of steps.entries()) {
    const control = new AbortController()
    const choice = step < 0.2 || opened.length === 0 ? 'open' : step < 0.8 ? 'run' : 'release'
    const session = opened[Math.floor(step * 1000) % Math.max(1, opened.length)]!
    if (choice === 'open') {
      opened.push(runtime.open(i % 2 === 0 ? { bytes: heavy } : { path: decoder }))
      work.push(opened.at(-1)!.then(() => {}))
    } else if (choice === 'release') work.push(session.then(each => each.dispose()))
    else work.push(session.then(each => run(each, control.signal)))
    if (i % 4 === 1) control.abort(new Error('enough'))
    if (i % 3 === 2)
      await Promise.race([...work.slice(-3), new Promise(resolve => setTimeout(resolve, 20 * step))]).catch(() => {})
    if (kill && i === 4 && mine.length === 1) {
      process.kill(mine[0]!, step < 0.5 ? 'SIGSEGV' : 'SIGKILL')
      killed = true
      kills += 1
    }
  }
  if (wait) await Promise.allSettled(work)
  const disposing = runtime.dispose()
  for (const outcome of await Promise.allSettled(work)) {
    if (outcome.status === 'fulfilled') continue
    const { message } = outcome.reason as Error
    const expected = killed ? /^enough$|disposed|ended by SIG/ : /^enough$|disposed/
    if (!expected.test(message)) throw outcome.reason
  }
  await disposing
  if (killed) await works(nodeRuntime({ threads }))
}

/** Runs a graph and checks its output. */
async function run(session: Session, signal: AbortSignal): Promise<void> {
  if (session.inputs[0]!.name === 'x') {
    const { y } = await session.run(
      { x: { type: 'float32', shape: [1, side], data: new Float32Array(side).fill(1) } },
      { signal },
    )
    if (y?.data?.[side - 1] !== side) throw new Error(`a row of ones came back as ${y?.data?.[side - 1]}`)
  } else {
    const { sample } = await session.run({ latent_sample: latent }, { signal })
    if (sample?.data?.length !== 3 * 64 * 64) throw new Error(`an image has ${sample?.data?.length} elements`)
  }
}

async function works(runtime: Runtime): Promise<void> {
  await run(await runtime.open({ bytes: heavy }), new AbortController().signal)
  await runtime.dispose()
}

/** The processes of the library that this one has started, ended ones that it has not waited for included. */
function libraries(): readonly number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n')
  return lines.flatMap(line => {
    const [pid, parent, ...command] = line.trim().split(/\s+/)
    return Number(parent) === process.pid && command.some(part => /child\.[jt]s$|defunct/.test(part))
      ? [Number(pid)]
      : []
  })
}

/** A linear congruential generator: equal seeds give equal orders. */
function uniform(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
