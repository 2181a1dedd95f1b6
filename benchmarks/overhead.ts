/**
 * The overhead of the runtime: plain sessions of onnxruntime-node in this thread against the runtime, whose graphs run in
 * another process, in alternation, for the embedded U-Net (batch 2, 16×16) and for a graph that does nothing:
 *
 *     npx -y pnpm@12 exec node --conditions=@fewstep/source benchmarks/overhead.ts [rounds]
 */
import { cpus } from 'node:os'
import { argv, version } from 'node:process'
import { fileURLToPath } from 'node:url'
import { model } from '@fewstep/model-emoji'
import { buildModel, node, port, writeModel } from '@fewstep/onnx-graph'
import type { HostValue } from '@fewstep/runtime'
import { nodeRuntime } from '@fewstep/runtime-node'
import { torchGenerator } from '@fewstep/tensor'
import { InferenceSession, Tensor } from 'onnxruntime-node'

const rounds = Number(argv[2] ?? 60)
const random = torchGenerator(1)
const floats = (shape: readonly number[]): HostValue => ({
  type: 'float32',
  shape,
  data: random.normal(shape.reduce((a, b) => a * b, 1)),
})
// As in the runtime: threads that keep spinning after a run would slow down the other session.
const quiet = { extra: { session: { force_spinning_stop: '1' } } }
const runtime = nodeRuntime()
const unet = new URL('unet/model.onnx', model)
const passing = writeModel(
  buildModel({
    inputs: [port('sample', 'float32', ['n', 4, 'h', 'w']), port('states', 'float32', ['n', 't', 'c'])],
    outputs: [port('out', 'float32', ['n', 4, 'h', 'w'])],
    nodes: [node('Identity', ['sample'], ['out'])],
  }),
)

console.log(`${cpus()[0]?.model}, ${cpus().length} cores, Node ${version}, ${new Date().toISOString().slice(0, 10)}`)
const opened = await runtime.open({ path: fileURLToPath(unet) })
const states = opened.inputs.find(({ name }) => name === 'encoder_hidden_states')!
const width = Number(states.shape[2])
await compare('U-Net', await InferenceSession.create(fileURLToPath(unet), quiet), opened, {
  sample: floats([2, 4, 16, 16]),
  timestep: { type: 'int64', shape: [], data: BigInt64Array.of(500n) },
  encoder_hidden_states: floats([2, 32, width]),
})
for (const side of [16, 64, 128]) {
  await compare(
    `nothing, latents of 2×4×${side}×${side} and 77 tokens`,
    await InferenceSession.create(passing, quiet),
    await runtime.open({ bytes: passing }),
    { sample: floats([2, 4, side, side]), states: floats([2, 77, 768]) },
  )
}
await runtime.dispose()

async function compare(
  name: string,
  plain: InferenceSession,
  ours: Awaited<ReturnType<typeof runtime.open>>,
  feeds: Readonly<Record<string, HostValue>>,
): Promise<void> {
  const plainly = () =>
    plain.run(
      Object.fromEntries(
        Object.entries(feeds).map(([input, { type, data, shape }]) => [
          input,
          new Tensor(type as 'float32', data as Float32Array, shape),
        ]),
      ),
    )
  const times: [plain: number, ours: number][] = []
  for (let i = 0; i < rounds + 10; i++) {
    // The second one finds warmer caches, so the order alternates.
    const first = i % 2
    const pair: [number, number] = [0, 0]
    for (const which of [first, 1 - first]) {
      const began = performance.now()
      await (which === 0 ? plainly() : ours.run(feeds))
      pair[which] = performance.now() - began
    }
    if (i >= 10) times.push(pair)
  }
  await Promise.all([plain.release(), ours.dispose()])
  const [theirs, mine] = [median(times.map(([plain]) => plain)), median(times.map(([, ours]) => ours))]
  const difference = median(times.map(([plain, ours]) => ours - plain)) * 1000
  console.log(
    `${name}: plain ${theirs.toFixed(3)} ms, ours ${mine.toFixed(3)} ms, ratio ${(mine / theirs).toFixed(3)}, ` +
      `${difference.toFixed(0)} µs a run`,
  )
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}
