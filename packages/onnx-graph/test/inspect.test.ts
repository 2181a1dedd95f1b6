import { readFileSync } from 'node:fs'
import { model as emoji } from '@fewstep/model-emoji'
import { expect, test } from 'vitest'
import {
  buildModel,
  carryCrossAttention,
  carryDeepFeatures,
  gateCrossAttention,
  inspect,
  node,
  port,
  readModel,
  tensor,
} from '../src/index.ts'
import { fixture } from './support/fixtures.ts'

const sizes = { sample: [2, 4, 16, 16], encoder_hidden_states: [2, 7, 12] }

test('multiply-adds follow the formulas', () => {
  const model = buildModel({
    inputs: [port('x', 'float32', ['n', 3, 'h', 'w'])],
    outputs: [port('y', 'float32', undefined)],
    initializers: [
      tensor('kernel', 'float32', [8, 3, 3, 3], new Float32Array(216)),
      tensor('matrix', 'float32', [5, 7], new Float32Array(35)),
    ],
    nodes: [
      node('Conv', ['x', 'kernel'], ['c'], { strides: { ints: [2, 2] }, pads: { ints: [1, 1, 1, 1] } }),
      node('MatMul', ['c', 'matrix'], ['y']),
    ],
  })
  const { parameters, multiplyAdds, uncounted } = inspect(model, { x: [2, 3, 9, 10] })
  // 2·8·5·5 outputs of 3·3·3 products each, then 2·8·5·7 of 5.
  expect({ parameters, multiplyAdds, uncounted }).toEqual({
    parameters: 251,
    multiplyAdds: 400 * 27 + 560 * 5,
    uncounted: 0,
  })
  expect(inspect(model)).toMatchObject({ multiplyAdds: 0, uncounted: 2 })
})

test('weights in Constant nodes count as those of initializers do', () => {
  const shapes = { kernel: [8, 3, 3, 3], matrix: [5, 7], bias: [7] }
  const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1)
  const weights = Object.entries(shapes).map(([name, shape]) =>
    tensor(name, 'float32', shape, new Float32Array(sizeOf(shape))),
  )
  const build = (inside: boolean) =>
    buildModel({
      inputs: [port('x', 'float32', ['n', 3, 'h', 'w'])],
      outputs: [port('y', 'float32', undefined)],
      initializers: inside ? [] : weights,
      nodes: [
        ...(inside ? weights.map(weight => node('Constant', [], [weight.name], { value: { tensor: weight } })) : []),
        // A size and a factor, which are not weights.
        node('Constant', [], ['two'], { value: { tensor: tensor('', 'int64', [1], [2n]) } }),
        node('Constant', [], ['half'], { value: { tensor: tensor('', 'float32', [], [0.5]) } }),
        node('Conv', ['x', 'kernel'], ['c'], {}, { name: '/down_blocks.0/conv' }),
        node('Cast', ['matrix'], ['cast'], { to: { int: 1 } }),
        node('MatMul', ['c', 'cast'], ['m'], {}, { name: '/mid_block/linear' }),
        node('Add', ['m', 'bias'], ['a'], {}, { name: '/mid_block/linear' }),
        node('Mul', ['a', 'half'], ['h']),
        node('Unsqueeze', ['h', 'two'], ['y']),
      ],
    })
  const [outside, inside] = [false, true].map(inside => inspect(build(inside), { x: [2, 3, 9, 9] }))
  expect(inside).toMatchObject({ parameters: 216 + 35 + 7, uncounted: 0 })
  expect(inside!.parameters).toBe(outside!.parameters)
  expect(inside!.blocks).toEqual(outside!.blocks)
})

test.each([
  'sd15-torchscript',
  'sd15-dynamo',
  'sd15-float16',
  'sd15-qdq',
  'sd15-fused-attention',
  'sd15-fused-all-float16',
])('the same network costs the same in every layout: %s', name => {
  const model = fixture(name)
  const { parameters, multiplyAdds, uncounted, blocks } = inspect(model, sizes)
  expect({ multiplyAdds, uncounted }).toEqual({ multiplyAdds: 31_292_032, uncounted: 0 })
  // The exporters add constants; 208,996 weights belong to the model (counted by torch).
  expect(Math.abs(parameters / 208_996 - 1)).toBeLessThan(0.03)
  expect(blocks.map(block => block.name)).toEqual(expect.arrayContaining(['down_blocks.0', 'mid_block', 'up_blocks.3']))
})

test('the costs of the parts of the embedded U-Net that caches leave', () => {
  const unet = readModel(new Uint8Array(readFileSync(new URL('unet/model.onnx', emoji))))
  const at = { sample: [2, 4, 16, 16], encoder_hidden_states: [2, 12, 192] }
  const whole = inspect(unet, at)
  expect(whole).toMatchObject({ exporter: 'pytorch 2.13.0', opsets: { '': 17 }, parameters: 12_759_556, uncounted: 0 })
  expect(whole.inputs[0]).toEqual({ name: 'sample', type: 'float32', shape: ['batch_size', 4, 'height', 'width'] })
  const share = (model: typeof unet) => inspect(model, at).multiplyAdds / whole.multiplyAdds
  const shallow = [0, 1, 2, 8].map(branch => share(carryDeepFeatures(unet, { branch }).shallow))
  expect(shallow.map(part => part.toFixed(3))).toEqual(['0.089', '0.245', '0.417', '0.951'])
  expect(share(carryDeepFeatures(unet).full)).toBe(1)
  expect(share(gateCrossAttention(unet).model)).toBe(1)
  expect(share(carryCrossAttention(unet).reuse)).toBeLessThan(0.97)
})
