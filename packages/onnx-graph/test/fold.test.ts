import { expect, test } from 'vitest'
import { buildModel, foldConstants, gateCrossAttention, inspect, node, port, tensor } from '../src/index.ts'
import { elements } from '../src/tensors.ts'
import { feedsOf, fixture } from './support/fixtures.ts'
import { distance, gateFeeds, opened } from './support/network.ts'

test.each(['sd15-torchscript', 'sd21-torchscript', 'sd15-dynamo'])(
  'takes the scales of attention away and changes no bit: %s',
  async name => {
    const model = fixture(name)
    const folded = foldConstants(model)
    const [before, after] = [model, folded].map(given => inspect(given).operators.Sqrt ?? 0)
    // TorchScript takes two square roots for each of the 32 attentions; the other exporter has folded them itself.
    expect(before! - after!).toBeGreaterThanOrEqual(name.endsWith('dynamo') ? 0 : 64)
    expect(folded.graph!.input).toEqual(model.graph!.input)
    const feeds = feedsOf(model)
    const base = await opened(model, network => network.run(feeds), 'disabled')
    const tidy = await opened(folded, network => network.run(feeds), 'disabled')
    expect(distance(tidy.out_sample, base.out_sample)).toBe(0)
  },
)

test('folds inside of gates too', async () => {
  const model = fixture('sd15-torchscript')
  const gated = foldConstants(gateCrossAttention(model).model)
  expect(inspect(gated).operators.Sqrt ?? 0).toBeLessThanOrEqual((inspect(model).operators.Sqrt ?? 0) - 64)
  const feeds = feedsOf(model)
  const base = await opened(model, network => network.run(feeds), 'disabled')
  const off = await opened(gated, network => network.run({ ...feeds, ...gateFeeds(gated, []) }), 'disabled')
  expect(distance(off.out_sample, base.out_sample)).toBe(0)
})

test('numbers are those of the nodes, rounded to float32 at every step; open sizes stay', () => {
  const model = buildModel({
    inputs: [port('x', 'float32', ['n', 7])],
    outputs: [port('y', 'float32', undefined)],
    initializers: [tensor('last', 'int64', [1], [1]), tensor('one', 'float32', [1], [1])],
    nodes: [
      node('Shape', ['x'], ['shape']),
      node('Gather', ['shape', 'last'], ['width']),
      node('Cast', ['width'], ['float'], { to: { int: 1 } }),
      node('Sqrt', ['float'], ['root']),
      node('Div', ['one', 'root'], ['scale']),
      node('Mul', ['x', 'scale'], ['scaled']),
      node('Reshape', ['scaled', 'shape'], ['y']),
    ],
  })
  const { node: nodes } = foldConstants(model).graph!
  expect(nodes.map(({ opType }) => opType)).toEqual(['Shape', 'Constant', 'Mul', 'Reshape'])
  expect(elements(nodes[1]!.attribute[0]!.t!)).toEqual([Math.fround(1 / Math.fround(Math.sqrt(7)))])
})
