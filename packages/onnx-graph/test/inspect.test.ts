import { readFileSync } from 'node:fs'
import { model as emoji } from '@fewstep/model-emoji'
import { buildModel, inspect, multiplyAdds, node, port, readModel, tensor, unetCosts } from '@fewstep/onnx-graph'
import { describe, expect, test } from 'vitest'
import { fixture, fixtures } from './support/fixtures.ts'

const unet = readModel(new Uint8Array(readFileSync(new URL('unet/model.onnx', emoji))))
const sizes = { sample: [1, 4, 16, 16], timestep: [], encoder_hidden_states: [1, 32, 192] }

test('multiply-adds of small graphs are those counted by hand', () => {
  const of = (operator: string, x: readonly number[], w: readonly number[], attributes = {}) =>
    multiplyAdds(
      buildModel({
        inputs: [port('x', 'float32', x)],
        outputs: [port('y', 'float32', undefined)],
        initializers: [tensor('w', 'float32', w, new Float32Array(w.reduce((a, b) => a * b, 1)))],
        nodes: [node(operator, ['x', 'w'], ['y'], attributes)],
      }),
      {},
    )
  // 6 channels of 8×8 outputs, each from 4 channels of 3×3.
  expect(of('Conv', [2, 4, 8, 8], [6, 4, 3, 3], { pads: { ints: [1, 1, 1, 1] } })).toBe(2 * 6 * 64 * 36)
  expect(of('Conv', [2, 4, 8, 8], [4, 2, 1, 1], { group: { int: 2 } })).toBe(2 * 4 * 64 * 2)
  expect(of('MatMul', [2, 5, 7], [7, 3])).toBe(2 * 5 * 3 * 7)
  expect(of('Gemm', [5, 7], [3, 7], { transB: { int: 1 } })).toBe(5 * 3 * 7)
})

test('sizes that are left open are named', () => {
  expect(() => multiplyAdds(unet, {})).toThrow(/give the shape of every input/)
})

describe('the embedded U-Net', () => {
  test('tells its ports, exporter and size', () => {
    const {
      inputs,
      outputs,
      opsets,
      exporter,
      operators,
      parameters,
      blocks,
      multiplyAdds: total,
    } = inspect(unet, sizes)
    expect(inputs.map(({ name }) => name)).toEqual(['sample', 'timestep', 'encoder_hidden_states'])
    expect(outputs.map(({ name }) => name)).toEqual(['out_sample'])
    expect(opsets['']).toBeGreaterThan(10)
    expect(exporter).toMatch(/pytorch/)
    expect(operators.Conv).toBeGreaterThan(30)
    // 12.8 million parameters, as its card says.
    expect(parameters / 1e6).toBeCloseTo(12.8, 0)
    expect(blocks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['down_blocks.0', 'mid_block', 'up_blocks.2']),
    )
    expect(blocks.reduce((sum, block) => sum + block.multiplyAdds!, 0)).toBe(total)
    expect(total).toBe(multiplyAdds(unet, sizes))
  })

  test('costs twice as much for two conditions, and its shallow parts grow with the branch', () => {
    const twice = { sample: [2, 4, 16, 16], timestep: [], encoder_hidden_states: [2, 32, 192] }
    // The timestep's embedding is shared by both.
    expect(multiplyAdds(unet, twice) / multiplyAdds(unet, sizes)).toBeGreaterThan(1.98)
    const { shallow, cross, self } = unetCosts(unet, sizes)
    const shares = shallow.map(({ share }) => share)
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
    expect(shares[0]).toBeLessThan(0.2)
    expect(shares.at(-1)).toBeLessThan(1)
    for (const share of [cross, self]) expect(share).toBeGreaterThan(0.005)
    expect(cross + self).toBeLessThan(0.5)
  })
})

test.each(fixtures.filter(({ name }) => /^sd15-(torchscript|dynamo|fused-attention)$/.test(name)))(
  '$name costs what the same network from another exporter does',
  ({ name }) => {
    const model = fixture(name)
    const width = inspect(model).inputs.find(port => port.name === 'encoder_hidden_states')!.shape![2]!
    const given = { sample: [1, 4, 16, 16], timestep: [], encoder_hidden_states: [1, 7, Number(width)] }
    const first = fixture('sd15-torchscript')
    expect(multiplyAdds(model, given) / multiplyAdds(first, given)).toBeCloseTo(1, 3)
    const [ours, theirs] = [unetCosts(model, given, [1]), unetCosts(first, given, [1])]
    expect(ours.cross).toBeCloseTo(theirs.cross, 2)
    expect(ours.shallow[0]!.share).toBeCloseTo(theirs.shallow[0]!.share, 3)
  },
)
