import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  buildModel,
  carryDeepFeatures,
  carrySelfAttention,
  foldConstants,
  freeU,
  GraphError,
  gateDeepFeatures,
  gateSelfAttention,
  inspect,
  type ModelProto,
  node,
  port,
  readModel,
  tensor,
  writeModel,
} from '../src/index.ts'
import { fixture } from './support/fixtures.ts'

const weights = (name: string, shape: readonly number[]) =>
  tensor(name, 'float32', shape, new Float32Array(shape.reduce((size, dim) => size * dim, 1)).fill(0.5))

/** The smallest model that all rewrites accept: two skip connections, one attention. */
const small = buildModel({
  inputs: [port('sample', 'float32', ['n', 4, 'h', 'w'])],
  outputs: [port('out', 'float32', undefined)],
  initializers: [
    weights('in', [4, 4, 1, 1]),
    weights('half', [4, 8, 1, 1]),
    weights('square', [4, 4]),
    tensor('flat', 'int64', [3], [0, 4, -1]),
    tensor('scales', 'float32', [4], [1, 1, 2, 2]),
  ],
  nodes: [
    node('Conv', ['sample', 'in'], ['s0']),
    node('Conv', ['s0', 'in'], ['s1'], { strides: { ints: [2, 2] } }),
    node('Reshape', ['s1', 'flat'], ['tokens']),
    node('Transpose', ['tokens'], ['keys'], { perm: { ints: [0, 2, 1] } }),
    node('MatMul', ['keys', 'square'], ['queries']),
    node('MatMul', ['queries', 'tokens'], ['scores']),
    node('Softmax', ['scores'], ['shares'], { axis: { int: -1 } }),
    node('MatMul', ['shares', 'keys'], ['mixed']),
    node('MatMul', ['mixed', 'square'], ['attended']),
    node('Transpose', ['attended'], ['back'], { perm: { ints: [0, 2, 1] } }),
    node('Shape', ['s1'], ['size']),
    node('Reshape', ['back', 'size'], ['up0']),
    node('Concat', ['up0', 's1'], ['joined1'], { axis: { int: 1 } }),
    node('Conv', ['joined1', 'half'], ['up1']),
    node('Resize', ['up1', '', 'scales'], ['up2']),
    node('Concat', ['up2', 's0'], ['joined0'], { axis: { int: 1 } }),
    node('Conv', ['joined0', 'half'], ['out']),
  ],
})

type Rewrite = readonly [name: string, rewrite: (model: ModelProto) => ModelProto]

const rewrites: readonly Rewrite[] = [
  ['DeepCache', model => carryDeepFeatures(model, { branch: 0 }).shallow],
  ['DeepCache, gated', model => gateDeepFeatures(model, { branch: 1 }).model],
  ['self-attention', model => carrySelfAttention(model).reuse],
  ['self-attention, gated', model => gateSelfAttention(model).model],
  ['FreeU', model => freeU(model, { version: 2 }).model],
  ['folding', foldConstants],
]

/** Reads, describes and rewrites. The only errors allowed are GraphErrors. */
function survives(bytes: Uint8Array, rewrite: Rewrite[1]): void {
  try {
    const model = readModel(bytes)
    inspect(model)
    // A rewrite adds names of gates, its metadata, and FreeU's nodes: a few kilobytes.
    expect(writeModel(rewrite(model)).length).toBeLessThan(8 * bytes.length + 50_000)
  } catch (error) {
    expect(error).toBeInstanceOf(GraphError)
  }
}

test.each(rewrites)('the small model survives %s', (_, rewrite) => {
  expect(writeModel(rewrite(small)).length).toBeGreaterThan(100)
})

test('10,000 mutated or cut off models give a clear error or a model in every rewrite', () => {
  const plain = writeModel(small)
  const gated = writeModel(gateSelfAttention(gateDeepFeatures(small).model).model)
  const mutation = fc.record({ at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), value: fc.nat(255) })
  fc.assert(
    fc.property(
      fc.constantFrom(plain, gated),
      fc.array(mutation, { minLength: 1, maxLength: 8 }),
      fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 4 }),
      fc.constantFrom(...rewrites),
      (bytes, mutations, end, [, rewrite]) => {
        const mutated = bytes.slice(0, end === null ? undefined : Math.ceil(end * bytes.length))
        for (const { at, value } of mutations) mutated[Math.floor(at * mutated.length)] = value
        survives(mutated, rewrite)
      },
    ),
    { seed: 5, numRuns: 10_000 },
  )
})

test('graphs with shuffled, dropped, doubled or rewired nodes give a clear error or a model', () => {
  const networks = ['ddpm-dynamo', 'sd15-fused-attention'].map(fixture)
  const edit = fc.record({
    kind: fc.constantFrom('swap', 'drop', 'double', 'rewire', 'retype', 'unname'),
    from: fc.nat(1999),
    to: fc.nat(1999),
  })
  fc.assert(
    fc.property(
      fc.constantFrom(...networks),
      fc.array(edit, { minLength: 1, maxLength: 6 }),
      fc.constantFrom(...rewrites),
      (network, edits, [, rewrite]) => {
        const model = readModel(writeModel(network))
        const nodes = model.graph!.node
        for (const { kind, from, to } of edits) {
          const [a, b] = [from % nodes.length, to % nodes.length]
          const [first, second] = [nodes[a]!, nodes[b]!]
          if (kind === 'swap') [nodes[a], nodes[b]] = [second, first]
          else if (kind === 'drop') nodes.splice(a, 1)
          else if (kind === 'double') nodes.splice(a, 0, first)
          else if (kind === 'rewire') first.input[0] = second.output[0] ?? ''
          else if (kind === 'retype') first.opType = second.opType
          else first.output[0] = ''
        }
        survives(writeModel(model), rewrite)
      },
    ),
    { seed: 6, numRuns: 40 },
  )
})
