import { writeModel } from '@fewstep/onnx-graph'
import { checkCast, checkParts, checkSplit, checkTerms, hostOps } from './host-ops.ts'
import { castGraph, concatGraph, readGraph, splitGraph, sumGraph } from './op-graphs.ts'
import type { DeviceValue, Runtime, Session, Value, ValueOps } from './runtime.ts'

/**
 * {@link ValueOps} of a runtime whose values may be on its device. Each operation on such values is a small graph that runs on
 * the device; it is opened at its first use and kept until the runtime is disposed. If all operands are on the host, the
 * operation runs there.
 *
 * A sum on the device is computed in float32, product by product. Its error is below `n·2⁻²³·Σ|weight·value|` for `n` terms.
 *
 * `release` closes these graphs; they are opened again when they are needed. A runtime calls it when nothing else is open,
 * because ONNX Runtime gives the memory of a device back only when no graph is open on it.
 *
 * @param runtime opens graphs, and frees a value on its device
 * @throws ValueError for wrong operands, and the runtime's errors
 */
export function deviceOps(
  runtime: Pick<Runtime, 'open'> & { readonly dispose: (value: DeviceValue) => void },
): ValueOps & { readonly release: () => Promise<void> } {
  const host = hostOps()
  const sessions = new Map<string, Promise<Session>>()
  const run = async (
    key: string,
    build: () => Parameters<typeof writeModel>[0],
    feeds: Readonly<Record<string, Value>>,
    keep: 'all' | readonly [] = 'all',
  ): Promise<readonly Value[]> => {
    let opened = sessions.get(key)
    if (opened === undefined) {
      opened = runtime.open({ bytes: writeModel(build()) }, { keep })
      sessions.set(key, opened)
      opened.catch(() => sessions.delete(key))
    }
    const session = await opened
    const results = await session.run(feeds)
    return session.outputs.map(({ name }) => results[name]!)
  }
  const named = (values: readonly Value[]): Record<string, Value> =>
    Object.fromEntries(values.map((value, i) => [`x${i}`, value]))
  const onHost = (values: readonly Value[]): boolean => values.every(({ data }) => data !== undefined)

  return {
    combine(terms) {
      const values = checkTerms(terms)
      if (onHost(values)) return host.combine(terms)
      const types = values.map(({ type }) => type)
      const rank = values[0]!.shape.length
      const weights: Value = {
        type: 'float32',
        shape: [terms.length],
        data: Float32Array.from(terms, ([weight]) => weight),
      }
      return run(`sum ${types} ${rank}`, () => sumGraph(types, rank), { ...named(values), weights }).then(first)
    },
    concat(values) {
      checkParts(values)
      if (onHost(values)) return host.concat(values)
      const { type, shape } = values[0]!
      const key = `concat ${type} ${values.length} ${shape.length}`
      return run(key, () => concatGraph(type, values.length, shape.length), named(values)).then(first)
    },
    split(value, parts) {
      checkSplit(value, parts)
      if (onHost([value])) return host.split(value, parts)
      const { type, shape } = value
      return run(`split ${type} ${parts} ${shape.length}`, () => splitGraph(type, parts, shape.length), named([value]))
    },
    cast(value, type) {
      checkCast(value, type)
      if (onHost([value])) return host.cast(value, type)
      const rank = value.shape.length
      return run(`cast ${value.type} ${type} ${rank}`, () => castGraph(value.type, type, rank), named([value])).then(
        first,
      )
    },
    async read(value) {
      if (value.data !== undefined) return value
      const { type, shape } = value
      const [read] = await run(`read ${type} ${shape.length}`, () => readGraph(type, shape.length), named([value]), [])
      return host.read(read!)
    },
    async release() {
      const opened = [...sessions.values()]
      sessions.clear()
      await Promise.allSettled(opened.map(async session => (await session).dispose()))
    },
    dispose(value) {
      if (value.data === undefined) runtime.dispose(value)
      else host.dispose(value)
    },
  }
}

function first(values: readonly Value[]): Value {
  return values[0]!
}
