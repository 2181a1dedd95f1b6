import { buildModel, type ModelProto, node, port, tensor, writeModel } from '@fewstep/onnx-graph'
import { arrayOf, type Elements, type ElementType } from '../element-type.ts'
import type { HostValue } from '../runtime.ts'

export const types: readonly ElementType[] = [
  'float32',
  'float16',
  'float64',
  'int64',
  'int32',
  'int16',
  'int8',
  'uint64',
  'uint32',
  'uint16',
  'uint8',
  'bool',
]

/** `y = x`, for any shape of the given rank. */
export function identity(type: ElementType, rank: number): Uint8Array {
  const shape = Array.from({ length: rank }, (_, i) => `d${i}`)
  return bytesOf({
    inputs: [port('x', type, shape)],
    outputs: [port('y', type, shape)],
    nodes: [node('Identity', ['x'], ['y'])],
  })
}

/** `sum = a + b` and `product = a·b`, for n rows of 2. */
export function arithmetic(): Uint8Array {
  return bytesOf({
    inputs: [port('a', 'float32', ['n', 2]), port('b', 'float32', ['n', 2])],
    outputs: [port('sum', 'float32', ['n', 2]), port('product', 'float32', ['n', 2])],
    nodes: [node('Add', ['a', 'b'], ['sum']), node('Mul', ['a', 'b'], ['product'])],
  })
}

/** `y = x + weights`, with the weights in the file `weights.bin`. */
export function withExternalData(weights: Float32Array): {
  readonly model: Uint8Array
  readonly files: ReadonlyMap<string, Uint8Array>
} {
  const proto = tensor('weights', 'float32', [weights.length], weights)
  const data = proto.rawData
  proto.rawData = new Uint8Array()
  proto.dataLocation = 1
  proto.externalData = Object.entries({ location: 'weights.bin', offset: '0', length: `${data.length}` }).map(
    ([key, value]) => ({ $typeName: 'onnx.StringStringEntryProto', key, value }),
  )
  const model = bytesOf({
    inputs: [port('x', 'float32', [weights.length])],
    outputs: [port('y', 'float32', [weights.length])],
    initializers: [proto],
    nodes: [node('Add', ['x', 'weights'], ['y'])],
  })
  return { model, files: new Map([['weights.bin', data]]) }
}

/** `y = weights[x]`, of weights 0, 1, 2, … within the file. */
export function lookup(size: number): Uint8Array {
  return bytesOf({
    inputs: [port('x', 'int32', ['n'])],
    outputs: [port('y', 'float32', ['n'])],
    initializers: [
      tensor(
        'weights',
        'float32',
        [size],
        Float32Array.from({ length: size }, (_, i) => i),
      ),
    ],
    nodes: [node('Gather', ['weights', 'x'], ['y'])],
  })
}

/** `y = x·weights`, a square matrix of ones within the file. */
export function heavy(side: number): Uint8Array {
  return bytesOf({
    inputs: [port('x', 'float32', [1, side])],
    outputs: [port('y', 'float32', [1, side])],
    initializers: [tensor('weights', 'float32', [side, side], new Float32Array(side * side).fill(1))],
    nodes: [node('MatMul', ['x', 'weights'], ['y'])],
  })
}

/** A graph of one node with an input and an output of shape [1, 8, 8, 32]. */
export function ofOperator(operator: string, domain = ''): Uint8Array {
  return bytesOf({
    inputs: [port('x', 'float32', [1, 8, 8, 32])],
    outputs: [port('y', 'float32', [1, 8, 8, 32])],
    initializers: [
      tensor('gamma', 'float32', [32], new Float32Array(32)),
      tensor('beta', 'float32', [32], new Float32Array(32)),
    ],
    nodes: [node(operator, ['x', 'gamma', 'beta'], ['y'], { groups: { int: 8 }, activation: { int: 0 } }, { domain })],
    ...(domain === '' ? {} : { domains: { [domain]: 1 } }),
  })
}

/** `y = x` in rows of 4. The run fails if the number of elements is not a multiple of 4. */
export function inFours(): Uint8Array {
  return bytesOf({
    inputs: [port('x', 'float32', ['n'])],
    outputs: [port('y', 'float32', ['rows', 4])],
    initializers: [tensor('shape', 'int64', [2], [-1, 4])],
    nodes: [node('Reshape', ['x', 'shape'], ['y'])],
  })
}

export function floats(shape: readonly number[], data: Iterable<number>): HostValue {
  return { type: 'float32', shape, data: Float32Array.from(data) }
}

/** A value of some type with `size` different elements. */
export function sample(type: ElementType, size: number): HostValue {
  const data = new (arrayOf(type)!)(size) as Elements
  for (let i = 0; i < size; i++) {
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[i] = 2n ** 40n + BigInt(i)
    // The bits of normal float16 numbers, starting at 1.
    else if (type === 'float16') data[i] = 0x3c00 + i
    else data[i] = type === 'bool' ? i % 2 : i + 1
  }
  return { type, shape: [size], data }
}

function bytesOf(parts: Parameters<typeof buildModel>[0]): Uint8Array {
  const model: ModelProto = buildModel(parts)
  return writeModel(model)
}
