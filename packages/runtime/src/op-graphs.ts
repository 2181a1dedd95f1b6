import { buildModel, type ModelProto, type NodeProto, node, port, writeModel } from '@fewstep/onnx-graph'
import type { ElementType } from './element-type.ts'
import type { Model } from './runtime.ts'

/**
 * `y = Σ weights[i]·xi`, with inputs `x0, x1, …` of one shape and an input `weights`. Sums are float32. The result is rounded to
 * float16 if all inputs are float16.
 */
export function sumGraph(types: readonly ElementType[], rank: number): ModelProto {
  const n = types.length
  const names = types.map((_, i) => `x${i}`)
  const half = types.every(type => type === 'float16')
  const weight = names.map((_, i) => `w${i}`)
  // A weight of shape [1] would turn a scalar into a vector.
  const scalar = (name: string): string => (rank === 0 ? `${name}_scalar` : name)
  const wide = (i: number): string => (types[i] === 'float16' ? `x${i}_wide` : `x${i}`)
  const partial = (i: number): string => (i === 0 ? 'p0' : i < n - 1 ? `s${i}` : half ? 'sum' : 'y')
  const product = (i: number): string => (n > 1 ? `p${i}` : half ? 'sum' : 'y')
  return buildModel({
    name: 'weighted_sum',
    inputs: [...names.map((name, i) => port(name, types[i]!, dims(rank))), port('weights', 'float32', [n])],
    outputs: [port('y', half ? 'float16' : 'float32', dims(rank))],
    nodes: [
      n === 1 ? node('Identity', ['weights'], ['w0']) : node('Split', ['weights'], weight, { axis: { int: 0 } }),
      ...(rank === 0 ? weight.map(name => node('Squeeze', [name], [scalar(name)])) : []),
      ...names.flatMap((name, i) => (types[i] === 'float16' ? [cast(name, wide(i), 'float32')] : [])),
      ...names.map((_, i) => node('Mul', [wide(i), scalar(weight[i]!)], [product(i)])),
      ...names.slice(1).map((_, i) => node('Add', [partial(i), `p${i + 1}`], [partial(i + 1)])),
      ...(half ? [cast('sum', 'y', 'float16')] : []),
    ],
  })
}

/** `y` = the inputs `x0, x1, …`, joined along their first axis. */
export function concatGraph(type: ElementType, parts: number, rank: number): ModelProto {
  const names = Array.from({ length: parts }, (_, i) => `x${i}`)
  return buildModel({
    name: 'concat',
    inputs: names.map((name, i) => port(name, type, [`rows${i}`, ...dims(rank).slice(1)])),
    outputs: [port('y', type, ['rows', ...dims(rank).slice(1)])],
    nodes: [node('Concat', names, ['y'], { axis: { int: 0 } })],
  })
}

/** `y0, y1, …` = equal parts of `x0` along its first axis. */
export function splitGraph(type: ElementType, parts: number, rank: number): ModelProto {
  const names = Array.from({ length: parts }, (_, i) => `y${i}`)
  return buildModel({
    name: 'split',
    inputs: [port('x0', type, dims(rank))],
    outputs: names.map(name => port(name, type, ['part', ...dims(rank).slice(1)])),
    // ONNX Runtime does not accept a Split with a single output.
    nodes: [parts === 1 ? node('Identity', ['x0'], names) : node('Split', ['x0'], names, { axis: { int: 0 } })],
  })
}

/** `y` = `x0`, converted to another type. */
export function castGraph(from: ElementType, to: 'float32' | 'float16', rank: number): ModelProto {
  return buildModel({
    name: 'cast',
    inputs: [port('x0', from, dims(rank))],
    outputs: [port('y', to, dims(rank))],
    nodes: [cast('x0', 'y', to)],
  })
}

/** `y` = `x0`. Running it with an output on the host copies a value from the device. */
export function readGraph(type: ElementType, rank: number): ModelProto {
  return buildModel({
    name: 'read',
    inputs: [port('x0', type, dims(rank))],
    outputs: [port('y', type, dims(rank))],
    nodes: [node('Identity', ['x0'], ['y'])],
  })
}

/** The simplest graph, to find out whether a device works. */
export function probeModel(): Extract<Model, { readonly bytes: Uint8Array }> {
  return { bytes: writeModel(readGraph('float32', 1)) }
}

function cast(from: string, to: string, type: 'float32' | 'float16'): NodeProto {
  // ONNX's numbers for the two types.
  return node('Cast', [from], [to], { to: { int: type === 'float32' ? 1 : 10 } })
}

function dims(rank: number): readonly string[] {
  return Array.from({ length: rank }, (_, i) => `d${i}`)
}
