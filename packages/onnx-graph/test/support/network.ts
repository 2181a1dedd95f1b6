import * as ort from 'onnxruntime-node'
import { type Cache, gatesOf, type ModelProto, writeModel } from '../../src/index.ts'

export type Feeds = Readonly<Record<string, ort.Tensor>>

/** Runs a model on the CPU with those of the feeds that it has inputs for. */
export type Network = {
  readonly inputs: readonly string[]
  run(feeds: Feeds): Promise<Feeds>
}

/** Opens a model for the length of `use`; `weights` is the content of the external file that it names. */
export async function opened<T>(
  model: ModelProto,
  use: (network: Network) => Promise<T>,
  external: readonly { readonly path: string; readonly data: Uint8Array }[] = [],
): Promise<T> {
  const session = await ort.InferenceSession.create(writeModel(model), { logSeverityLevel: 3, externalData: external })
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
  const data = type === 'float32' ? numbers : new Float16Array(numbers)
  return new ort.Tensor(type, data as ort.Tensor.DataTypeMap[typeof type], shape)
}

/** Feeds for a gated model: which gates are on, and where their values come from. */
export function gateFeeds(model: ModelProto, on: readonly string[], values: Feeds = {}): Feeds {
  const entries = gatesOf(model).flatMap(({ condition, caches }) => [
    [condition, new ort.Tensor('bool', [on.includes(condition)], [])] as const,
    ...caches.map(cache => [cache.input, values[cache.output] ?? placeholder(cache)] as const),
  ])
  return Object.fromEntries(entries)
}

function placeholder({ placeholder: shape }: Cache): ort.Tensor {
  return new ort.Tensor('float32', new Float32Array(shape.reduce((size, dim) => size * dim, 1)), shape)
}

/** The largest difference between two tensors. */
export function distance(a: ort.Tensor | undefined, b: ort.Tensor | undefined): number {
  const [x, y] = [a, b].map(value => Array.from(value?.data as Float32Array))
  if (x!.length !== y!.length || x!.length === 0) return Number.POSITIVE_INFINITY
  return x!.reduce((largest, number, at) => Math.max(largest, Math.abs(number - y![at]!)), 0)
}
