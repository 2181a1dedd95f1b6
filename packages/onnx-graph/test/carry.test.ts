import { create } from '@bufbuild/protobuf'
import * as ort from 'onnxruntime-node'
import { expect, test } from 'vitest'
import {
  FunctionProtoSchema,
  SparseTensorProtoSchema,
  StringStringEntryProtoSchema,
} from '../src/generated/onnx-ml_pb.ts'
import {
  buildGraph,
  buildModel,
  carry,
  gate,
  gatesOf,
  type ModelProto,
  node,
  port,
  slice,
  tensor,
} from '../src/index.ts'
import { distance, type Feeds, gateFeeds, opened, random } from './support/network.ts'

const x = ['n', 3] as const
const scalar = (name: string, value: number) => tensor(name, 'float32', [], [value])

/** y = If(yes, a + early, a · two) + twice(b). The branches take values from around them. z depends on none of these. */
function nested(): ModelProto {
  const model = buildModel({
    inputs: [port('x', 'float32', x), port('yes', 'bool', []), port('apart', 'float32', x)],
    outputs: [port('y', 'float32', x), port('z', 'float32', x)],
    initializers: [scalar('two', 2), scalar('three', 3)],
    nodes: [
      node('Mul', ['x', 'three'], ['early']),
      node('Exp', ['early'], ['a']),
      node('If', ['yes'], ['chosen'], {
        then_branch: {
          graph: buildGraph({
            inputs: [],
            outputs: [port('t', 'float32', x)],
            nodes: [node('Add', ['a', 'early'], ['t'])],
          }),
        },
        else_branch: {
          graph: buildGraph({
            inputs: [],
            outputs: [port('e', 'float32', x)],
            nodes: [node('Mul', ['a', 'two'], ['e'])],
          }),
        },
      }),
      node('twice', ['chosen'], ['doubled'], {}, { domain: 'local' }),
      node('Sin', ['doubled'], ['y']),
      node('Cos', ['apart'], ['z']),
    ],
    domains: { local: 1, idle: 3 },
  })
  model.functions = ['twice', 'never'].map(name =>
    create(FunctionProtoSchema, {
      name,
      domain: 'local',
      input: ['v'],
      output: ['w'],
      node: [node('Add', ['v', 'v'], ['w'])],
      opsetImport: [{ domain: '', version: 17n }],
    }),
  )
  model.metadataProps = [create(StringStringEntryProtoSchema, { key: 'author', value: 'someone' })]
  model.graph!.valueInfo = [port('early', 'float32', x), port('a', 'float32', x), port('doubled', 'float32', x)]
  return model
}

const names = (values: readonly { readonly name: string }[]) => values.map(({ name }) => name)

test('a slice keeps everything that its outputs need, in branches and local functions too', () => {
  const { graph, functions, metadataProps, opsetImport } = slice(nested(), { outputs: [port('y', 'float32', x)] })
  expect(names(graph!.input)).toEqual(['x', 'yes'])
  expect(graph!.node.map(({ opType }) => opType)).toEqual(['Mul', 'Exp', 'If', 'twice', 'Sin'])
  expect(names(functions)).toEqual(['twice'])
  expect(metadataProps.map(({ value }) => value)).toEqual(['someone'])
  expect(opsetImport.map(({ domain }) => domain)).toEqual(['', 'local', 'idle'])
})

test('a slice ends at its inputs, and drops the weights and descriptions of removed values', () => {
  const { graph, functions } = slice(nested(), {
    outputs: [port('chosen', 'float32', x)],
    inputs: [port('a', 'float32', x), port('early', 'float32', x)],
  })
  expect(names(graph!.input)).toEqual(['yes', 'a', 'early'])
  expect(names(graph!.initializer)).toEqual(['two'])
  expect(names(graph!.valueInfo)).toEqual([])
  expect(graph!.node.map(({ opType }) => opType)).toEqual(['If'])
  expect(functions).toEqual([])
})

test('sparse weights stay if they are read', () => {
  const model = buildModel({
    inputs: [port('x', 'float32', [3])],
    outputs: [port('y', 'float32', [3]), port('z', 'float32', [3])],
    nodes: [node('Add', ['x', 'sparse'], ['y']), node('Neg', ['x'], ['z'])],
  })
  const indices = tensor('', 'int64', [1], [1])
  model.graph!.sparseInitializer = [
    create(SparseTensorProtoSchema, { values: tensor('sparse', 'float32', [1], [5]), indices, dims: [3n] }),
  ]
  const sliced = (name: string) => slice(model, { outputs: [port(name, 'float32', [3])] }).graph!
  expect(sliced('y').sparseInitializer).toHaveLength(1)
  expect(sliced('z').sparseInitializer).toHaveLength(0)
})

/** Checks that carrying or gating values does not change the outputs, with values reused or computed. */
async function expectSame(model: ModelProto, values: readonly string[], feeds: Feeds): Promise<void> {
  const base = await opened(model, network => network.run(feeds), 'disabled')
  const { full, reuse } = carry(model, values)
  const whole = await opened(full, network => network.run(feeds), 'disabled')
  const reused = await opened(reuse, network => network.run({ ...feeds, ...whole }), 'disabled')
  const gated = gate(model, values, 'reuse').model
  const [off, on] = await opened(
    gated,
    async network => {
      const off = await network.run({ ...feeds, ...gateFeeds(gated, []) })
      return [off, await network.run({ ...feeds, ...gateFeeds(gated, ['reuse'], off) })] as const
    },
    'disabled',
  )
  expect(Object.keys(base)).toHaveLength(2)
  for (const result of [whole, reused, off, on])
    for (const name of Object.keys(base)) expect(distance(result[name], base[name])).toBe(0)
}

test.each([
  [['a'], true],
  [['a'], false],
  [['early', 'doubled'], true],
  [['chosen'], false],
] as const)('carried or gated %j with the branch %s gives the same as the original graph', async (values, yes) => {
  const model = nested()
  const feeds = {
    x: random(1, [2, 3]),
    apart: random(2, [2, 3]),
    yes: new ort.Tensor('bool', [yes], []),
  }
  await expectSame(model, values, feeds)
  expect(gatesOf(gate(model, values, 'reuse').model)).toHaveLength(1)
})

/** y = sin(Loop of three rounds of v·half + a) + z, whose body takes `a` and `half` from around it; w = Scan over the rows of y. */
function looping(): ModelProto {
  const model = buildModel({
    inputs: [port('x', 'float32', x)],
    outputs: [port('y', 'float32', x), port('w', 'float32', x)],
    initializers: [scalar('half', 0.5), tensor('rounds', 'int64', [], [3]), tensor('on', 'bool', [], [1])],
    nodes: [
      node('Exp', ['x'], ['a']),
      node('Loop', ['rounds', 'on', 'x'], ['looped'], {
        body: {
          graph: buildGraph({
            inputs: [port('round', 'int64', []), port('going', 'bool', []), port('v', 'float32', x)],
            outputs: [port('goes', 'bool', []), port('next', 'float32', x)],
            nodes: [
              node('Identity', ['going'], ['goes']),
              node('Mul', ['v', 'half'], ['halved']),
              node('Add', ['halved', 'a'], ['next']),
            ],
          }),
        },
      }),
      node('Sin', ['looped'], ['y']),
      node('Scan', ['y'], ['scanned'], {
        num_scan_inputs: { int: 1 },
        body: {
          graph: buildGraph({
            inputs: [port('row', 'float32', [3])],
            outputs: [port('sum', 'float32', [3])],
            nodes: [node('Mul', ['row', 'half'], ['less']), node('Sub', ['row', 'less'], ['sum'])],
          }),
        },
      }),
      node('Cos', ['scanned'], ['w']),
    ],
  })
  model.graph!.valueInfo = [port('looped', 'float32', x), port('scanned', 'float32', x)]
  return model
}

test.each([[['a']], [['looped']], [['a', 'scanned']], [['looped', 'scanned']]] as const)(
  'around a Loop and a Scan carried or gated %j gives the same as the original graph',
  values => expectSame(looping(), values, { x: random(1, [2, 3]) }),
)

test.each([
  ['halved', 'Loop'],
  ['less', 'Scan'],
])('%s, which the body of a %s computes, cannot be carried', (value, operator) => {
  for (const rewrite of [() => carry(looping(), [value]), () => gate(looping(), [value], 'reuse')])
    expect(rewrite).toThrow(
      `got ${value}, which a body of ${operator} computes again in each of its runs; carry an output`,
    )
  expect(() => carry(nested(), ['t'])).toThrow('a body of If')
})

test('nodes that only a gated value needs are in its branch, and only there', () => {
  const { model } = gate(nested(), ['doubled'], 'reuse')
  expect(model.graph!.node.map(({ opType }) => opType)).toEqual(['If', 'Sin', 'Cos'])
  const branches = model.graph!.node[0]!.attribute.map(({ g }) => g!.node.map(({ opType }) => opType))
  expect(branches).toEqual([['Identity'], ['Mul', 'Exp', 'If', 'twice']])
})

test('the error for a value that cannot be carried says why', () => {
  const model = nested()
  expect(() => carry(model, [])).toThrow('expected values to carry')
  expect(() => carry(model, ['a', 'a'])).toThrow('each once')
  expect(() => carry(model, ['x'])).toThrow('an input or output of it already')
  expect(() => carry(model, ['nothing'])).toThrow('expected nothing to be the output of a node')
  expect(() => gate(gate(model, ['a'], 'reuse').model, ['doubled'], 'reuse')).toThrow(
    'expected no input named reuse yet',
  )
  const dead = nested()
  dead.graph!.node.push(node('Neg', ['a'], ['unread']))
  expect(() => carry(dead, ['unread'])).toThrow('they do not depend on it')
  const opaque = nested()
  opaque.graph!.node[1]!.opType = 'Unheard'
  opaque.graph!.valueInfo = []
  expect(() => carry(opaque, ['a'])).toThrow('the type of the value a cannot be inferred')
})

test('the error for a damaged graph says what is wrong', () => {
  const twice = nested()
  twice.graph!.node.push(node('Neg', ['x'], ['a']))
  expect(() => slice(twice)).toThrow('expected one node to make the value a')
  const circle = nested()
  circle.graph!.node[0]!.input[0] = 'doubled'
  expect(() => slice(circle)).toThrow('expected a graph without circles')
  const shuffled = nested()
  shuffled.graph!.node.reverse()
  expect(slice(shuffled).graph!.node.map(({ opType }) => opType)).toEqual(['Cos', 'Mul', 'Exp', 'If', 'twice', 'Sin'])
})
