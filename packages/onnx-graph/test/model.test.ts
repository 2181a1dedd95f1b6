import { readFileSync } from 'node:fs'
import { model as emoji } from '@fewstep/model-emoji'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { buildModel, GraphError, node, port, readModel, tensor, writeModel } from '../src/index.ts'
import { elements } from '../src/tensors.ts'
import { floats, runOnce } from './support/run.ts'

const weightedSum = buildModel({
  inputs: [port('a', 'float32', ['n']), port('b', 'float32', ['n'])],
  outputs: [port('y', 'float32', ['n'])],
  initializers: [tensor('half', 'float32', [], [0.5]), tensor('two', 'float32', [1], new Float32Array([2]))],
  nodes: [
    node('Mul', ['a', 'half'], ['a_half']),
    node('Mul', ['b', 'two'], ['b_two']),
    node('Add', ['a_half', 'b_two'], ['y']),
  ],
})

test('ONNX Runtime computes a built model', async () => {
  const { y } = await runOnce(writeModel(weightedSum), { a: floats([3], [1, 2, 3]), b: floats([3], [10, 20, 30]) })
  expect([...(y!.data as Float32Array)]).toEqual([20.5, 41, 61.5])
})

test('attributes of every kind reach ONNX Runtime', async () => {
  const body = (name: string, value: number) => ({
    graph: buildModel({
      inputs: [],
      outputs: [port(name, 'float32', [1])],
      nodes: [node('Constant', [], [name], { value_floats: { floats: [value] } })],
    }).graph!,
  })
  const bytes = writeModel(
    buildModel({
      inputs: [port('x', 'float32', [1, undefined])],
      outputs: [port('y', 'float32', undefined), port('parts', 'float32', ['one', 'rest'])],
      nodes: [
        node('Constant', [], ['yes'], { value: { tensor: tensor('', 'bool', [], [1]) } }),
        node('If', ['yes'], ['picked'], { then_branch: body('t', 3), else_branch: body('e', 4) }),
        node('LeakyRelu', ['x'], ['leaky'], { alpha: { float: 0.25 } }),
        node('Transpose', ['leaky'], ['turned'], { perm: { ints: [1, 0] } }),
        node('Flatten', ['turned'], ['parts'], { axis: { int: 0 } }),
        node('Mul', ['parts', 'picked'], ['y']),
      ],
    }),
  )
  const { y } = await runOnce(bytes, { x: floats([1, 2], [-4, 8]) })
  expect([y!.dims, [...(y!.data as Float32Array)]]).toEqual([
    [1, 2],
    [-3, 24],
  ])
})

test('the embedded U-Net is written byte for byte as it was read, with its weights as views', () => {
  const bytes = new Uint8Array(readFileSync(new URL('unet/model.onnx', emoji)))
  const model = readModel(bytes)
  expect(model.graph!.initializer.every(({ rawData }) => rawData.buffer === bytes.buffer)).toBe(true)
  expect(Buffer.compare(writeModel(model), bytes)).toBe(0)
})

test('metadata, unknown fields and external data entries survive', () => {
  const bytes = writeModel(weightedSum)
  // Field 1000, a string; field 14 (metadata_props) of the model with { key: 'k', value: 'v' }.
  const unknown = [0xc2, 0x3e, 2, 104, 105]
  const metadata = [0x72, 6, 0x0a, 1, 107, 0x12, 1, 118]
  const model = readModel(Uint8Array.from([...bytes, ...metadata, ...unknown]))
  const entry = { $typeName: 'onnx.StringStringEntryProto', key: 'location', value: 'weights.bin' } as const
  model.graph!.initializer[0]!.dataLocation = 1
  model.graph!.initializer[0]!.externalData = [entry]
  const again = readModel(writeModel(model))
  expect(again.metadataProps.map(({ key, value }) => [key, value])).toEqual([['k', 'v']])
  expect(again.$unknown).toEqual(model.$unknown)
  expect(again.$unknown).toHaveLength(1)
  expect(again.graph!.initializer[0]!.externalData.map(({ value }) => value)).toEqual(['weights.bin'])
})

test('numbers come back from every element type', () => {
  expect(elements(tensor('', 'int64', [2], [-1, 7]))).toEqual([-1, 7])
  expect(elements(tensor('', 'bool', [2], [0, 5]))).toEqual([0, 1])
  expect(elements(tensor('', 'float64', [], [Math.PI]))).toEqual([Math.PI])
  // Bits from the IEEE 754 half format: 1, -2, the smallest subnormal, infinity.
  const halves = tensor('', 'float16', [4], Uint16Array.from([0x3c00, 0xc000, 1, 0x7c00]))
  expect(elements(halves)).toEqual([1, -2, 2 ** -24, Number.POSITIVE_INFINITY])
})

test('the error for a wrong tensor says what is wrong', () => {
  expect(() => tensor('w', 'float32', [2, 2], [1])).toThrow('tensor w: the shape [2,2] takes 4 elements, got 1')
  expect(() => tensor('w', 'float16', [1], [1])).toThrow('as a typed array')
  expect(() => tensor('w', 'float32', [1], Uint16Array.of(1))).toThrow('float32 takes 4 bytes an element')
})

test('bytes that are not a model give a clear error', () => {
  expect(() => readModel(new Uint8Array())).toThrow('got 0 bytes without a graph')
  expect(() => readModel(new TextEncoder().encode('<!doctype html>'))).toThrow(GraphError)
  const bytes = writeModel(weightedSum)
  for (let end = 0; end < bytes.length; end++) {
    try {
      readModel(bytes.subarray(0, end))
    } catch (error) {
      expect(error).toBeInstanceOf(GraphError)
    }
  }
})

test('10,000 mutated files give a clear error or a model that can be written', () => {
  const bytes = writeModel(weightedSum)
  const mutation = fc.record({ at: fc.nat(bytes.length - 1), value: fc.nat(255) })
  const end = fc.option(fc.integer({ min: 1, max: bytes.length }), { nil: bytes.length })
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 8 }), end, (mutations, length) => {
      const mutated = bytes.slice(0, length)
      for (const { at, value } of mutations) if (at < length) mutated[at] = value
      try {
        const again = writeModel(readModel(mutated))
        // The most that the writer changes: an unpacked list becomes packed, a wide varint becomes minimal.
        expect(again.length).toBeLessThan(4 * bytes.length)
      } catch (error) {
        expect(error).toBeInstanceOf(GraphError)
      }
    }),
    { seed: 5, numRuns: 10_000 },
  )
})
