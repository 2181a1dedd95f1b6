import { buildModel, externalFiles, node, port, readModel, tensor, writeModel } from '@fewstep/onnx-graph'
import { expect, test } from 'vitest'

function withData(...locations: readonly (string | undefined)[]) {
  const weights = locations.map((location, i) => {
    const proto = tensor(`w${i}`, 'float32', [1], [1])
    if (location === undefined) return proto
    proto.rawData = new Uint8Array()
    proto.dataLocation = 1
    proto.externalData = [{ $typeName: 'onnx.StringStringEntryProto', key: 'location', value: location }]
    return proto
  })
  const model = buildModel({
    inputs: [port('x', 'float32', [1])],
    outputs: [port('y', 'float32', [1])],
    initializers: weights,
    nodes: [node('Sum', ['x', ...weights.map(({ name }) => name)], ['y'])],
  })
  return readModel(writeModel(model))
}

test('each file of external data is listed once', () => {
  expect(externalFiles(withData(undefined))).toEqual([])
  expect(externalFiles(withData('a.bin', undefined, 'sub/b.bin', 'a.bin'))).toEqual(['a.bin', 'sub/b.bin'])
})

test.each(['../a.bin', 'sub/../../a.bin', '/etc/passwd', 'C:\\a.bin', '..\\a.bin', ''])('%j is refused', location => {
  expect(() => externalFiles(withData(location))).toThrow(/w0 to name a file beside the model/)
})
