import { expect, test } from 'vitest'
import {
  buildModel,
  carryCrossAttention,
  carryDeepFeatures,
  findSkips,
  foldConstants,
  gateCrossAttention,
  inspect,
  node,
  port,
  tensor,
} from '../src/index.ts'
import { elements } from '../src/tensors.ts'
import { feedsOf, fixture } from './support/fixtures.ts'
import { distance, gateFeeds, opened } from './support/network.ts'

test.each(['sd15-torchscript', 'sd21-torchscript', 'sd15-dynamo'])(
  'removes the calculations of attention scales without changing a bit: %s',
  async name => {
    const model = fixture(name)
    const folded = foldConstants(model)
    const [before, after] = [model, folded].map(given => inspect(given).operators.Sqrt ?? 0)
    // TorchScript computes two square roots for each of the 32 attentions; the other exporter has folded them already.
    expect(before! - after!).toBeGreaterThanOrEqual(name.endsWith('dynamo') ? 0 : 64)
    expect(folded.graph!.input).toEqual(model.graph!.input)
    const feeds = feedsOf(model)
    const base = await opened(model, network => network.run(feeds), 'disabled')
    const tidy = await opened(folded, network => network.run(feeds), 'disabled')
    expect(distance(tidy.out_sample, base.out_sample)).toBe(0)
  },
)

test.each(['sd15-torchscript', 'sd15-qdq', 'ddpm-torchscript'])(
  'replaces the target shapes of reshapes by constants, for all sizes: %s',
  // Opening the quantized graph takes long on a busy machine.
  { timeout: 300_000 },
  async name => {
    const model = fixture(name)
    const folded = foldConstants(model)
    const [before, after] = [model, folded].map(given => given.graph!.node.length)
    expect(after).toBeLessThan(0.8 * before!)
    for (const sizes of [
      { batch: 1, height: 16, width: 16 },
      { batch: 3, height: 24, width: 8 },
    ]) {
      const feeds = feedsOf(model, sizes)
      const base = await opened(model, network => network.run(feeds), 'disabled')
      const tidy = await opened(folded, network => network.run(feeds), 'disabled')
      expect(tidy.out_sample!.dims).toEqual(base.out_sample!.dims)
      expect(distance(tidy.out_sample, base.out_sample)).toBe(0)
    }
  },
)

test.each(['sd15-torchscript', 'sd21-torchscript', 'sdxl-torchscript'])(
  'keeps the places where caches cut: %s',
  name => {
    const model = fixture(name)
    const folded = foldConstants(model)
    expect(findSkips(folded)).toEqual(findSkips(model))
    for (const cut of [carryDeepFeatures, carryCrossAttention]) {
      const [before, after] = [model, folded].map(given => Object.values<unknown>(cut(given)).filter(isName))
      expect(after).toEqual(before)
    }
  },
)

test('a size that a reshape copies becomes 0, one other size becomes -1, and two other sizes stay', () => {
  const of = (name: string, ...values: readonly number[]) => tensor(name, 'int64', [values.length], values)
  const model = buildModel({
    inputs: [port('x', 'float32', ['n', 12, 'h'])],
    outputs: ['kept', 'moved', 'unclear', 'literal'].map(name => port(name, 'float32', undefined)),
    initializers: [of('zero', 0), of('two', 2), of('three', 3), of('four', 4)],
    nodes: [
      node('Shape', ['x'], ['shape']),
      node('Gather', ['shape', 'zero'], ['n']),
      node('Gather', ['shape', 'two'], ['h']),
      node('Concat', ['n', 'three', 'four', 'h'], ['kept sizes'], { axis: { int: 0 } }),
      node('Reshape', ['x', 'kept sizes'], ['kept']),
      node('Concat', ['h', 'four', 'three', 'n'], ['unclear sizes'], { axis: { int: 0 } }),
      node('Reshape', ['x', 'unclear sizes'], ['unclear']),
      node('Concat', ['n', 'h', 'three', 'four'], ['moved sizes'], { axis: { int: 0 } }),
      node('Reshape', ['x', 'moved sizes'], ['moved']),
      node('Reshape', ['x', 'moved sizes'], ['literal'], { allowzero: { int: 1 } }),
    ],
  })
  const folded = foldConstants(model).graph!.node
  const sizesOf = (name: string) => {
    const from = folded.find(({ output }) => output[0] === name)!.input[1]!
    const told = folded.find(({ output }) => output[0] === from)!
    return told.opType === 'Constant' ? elements(told.attribute[0]!.t!) : told.opType
  }
  expect(['kept', 'moved', 'unclear', 'literal'].map(sizesOf)).toEqual([
    [0, 3, 4, -1],
    [0, -1, 3, 4],
    'Concat',
    'Concat',
  ])
})

test('folds values inside of gates too', async () => {
  const model = fixture('sd15-torchscript')
  const gated = foldConstants(gateCrossAttention(model).model)
  expect(inspect(gated).operators.Sqrt ?? 0).toBeLessThanOrEqual((inspect(model).operators.Sqrt ?? 0) - 64)
  const feeds = feedsOf(model)
  const base = await opened(model, network => network.run(feeds), 'disabled')
  const off = await opened(gated, network => network.run({ ...feeds, ...gateFeeds(gated, []) }), 'disabled')
  expect(distance(off.out_sample, base.out_sample)).toBe(0)
})

test('numbers are those that the nodes compute, rounded to float32 at every step', () => {
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
  expect(nodes.map(({ opType }) => opType)).toEqual(['Constant', 'Constant', 'Mul', 'Reshape'])
  expect(elements(nodes[0]!.attribute[0]!.t!)).toEqual([0, 7])
  expect(elements(nodes[1]!.attribute[0]!.t!)).toEqual([Math.fround(1 / Math.fround(Math.sqrt(7)))])
})

/** The name of a value, or several: what a cut says beside its graphs. */
function isName(said: unknown): boolean {
  return typeof said === 'string' || (Array.isArray(said) && said.every(isName))
}
