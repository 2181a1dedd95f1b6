import * as ort from 'onnxruntime-node'
import { type Cache, gatesOf, type ModelProto, writeModel } from '../../src/index.ts'

// If Float16Array exists, the library uses it for float16 elements, which its native part does not support.
const Half = Float16Array
Reflect.deleteProperty(globalThis, 'Float16Array')

export type Feeds = Readonly<Record<string, ort.Tensor>>

/** Runs a model on the CPU, with the feeds that it has inputs for. */
export type Network = {
  readonly inputs: readonly string[]
  run(feeds: Feeds): Promise<Feeds>
}

/** Opens a model while `use` runs. By default ONNX Runtime may fuse nodes, which changes the rounding. */
export async function opened<T>(
  model: ModelProto,
  use: (network: Network) => Promise<T>,
  fusion: 'all' | 'disabled' = 'all',
): Promise<T> {
  const options = { logSeverityLevel: 3, graphOptimizationLevel: fusion, intraOpNumThreads: 1 } as const
  const session = await ort.InferenceSession.create(writeModel(model), options)
  const run = (feeds: Feeds) => session.run(Object.fromEntries(session.inputNames.map(name => [name, feeds[name]!])))
  try {
    return await use({ inputs: session.inputNames, run })
  } finally {
    await session.release()
  }
}

/** A random tensor, the same for the same seed (mulberry32). */
export function random(seed: number, shape: readonly number[], type: 'float32' | 'float16' = 'float32'): ort.Tensor {
  let state = seed
  const numbers = Float32Array.from({ length: shape.reduce((size, dim) => size * dim, 1) }, () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1
  })
  const data = type === 'float32' ? numbers : new Uint16Array(new Half(numbers).buffer)
  return new ort.Tensor(type, data as ort.Tensor.DataTypeMap[typeof type], shape)
}

/** Feeds for a gated model: which gates are on, and where their values come from. */
export function gateFeeds(model: ModelProto, on: readonly string[], values: Feeds = {}): Feeds {
  const entries = gatesOf(model).flatMap(({ condition, caches }) => [
    [condition, new ort.Tensor('bool', [on.includes(condition)], [])] as const,
    ...caches.map(cache => [cache.input, values[cache.output] ?? idle(model, cache)] as const),
  ])
  return Object.fromEntries(entries)
}

function idle(model: ModelProto, { input, placeholder }: Cache): ort.Tensor {
  const type = model.graph!.input.find(({ name }) => name === input)!.type!.value
  return random(9, placeholder, type.case === 'tensorType' && type.value.elemType === 10 ? 'float16' : 'float32')
}

/** The largest difference between two tensors. */
export function distance(a: ort.Tensor | undefined, b: ort.Tensor | undefined): number {
  const [x, y] = [a, b].map(value => {
    const bits = value?.data as Float32Array | Uint16Array
    return Array.from(bits instanceof Uint16Array ? new Half(bits.buffer, bits.byteOffset, bits.length) : bits)
  })
  if (x!.length !== y!.length || x!.length === 0) return Number.POSITIVE_INFINITY
  return x!.reduce((largest, number, at) => Math.max(largest, Math.abs(number - y![at]!)), 0)
}
