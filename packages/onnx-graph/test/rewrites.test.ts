import { readFileSync } from 'node:fs'
import { model as emoji } from '@fewstep/model-emoji'
import * as ort from 'onnxruntime-node'
import { expect, test } from 'vitest'
import {
  carryCrossAttention,
  carryDeepFeatures,
  carrySelfAttention,
  findAttention,
  findSkips,
  freeU,
  gateCrossAttention,
  gateDeepFeatures,
  gateSelfAttention,
  gatesOf,
  type ModelProto,
  readModel,
  writeModel,
} from '../src/index.ts'
import { feedsOf, fixture } from './support/fixtures.ts'
import { distance, type Feeds, gateFeeds, opened, random } from './support/network.ts'

const unet = readModel(new Uint8Array(readFileSync(new URL('unet/model.onnx', emoji))))

const feeds: Feeds = {
  sample: random(1, [2, 4, 8, 8]),
  timestep: new ort.Tensor('int64', [500n], []),
  encoder_hidden_states: random(2, [2, 12, 192]),
}

const base = await opened(unet, network => network.run(feeds))
const strengths = { freeu_b1: 1.3, freeu_b2: 1.4, freeu_s1: 0.9, freeu_s2: 0.2 }

function scalars(values: Readonly<Record<string, number>>): Feeds {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, new ort.Tensor('float32', [value], [])]),
  )
}

test('the embedded U-Net has nine skip connections and eleven attention layers of each kind', () => {
  expect(
    findSkips(unet).map(({ branch, block, mainChannels, skipChannels }) => [branch, block, mainChannels, skipChannels]),
  ).toEqual([
    [0, 2, 64, 64],
    [1, 2, 64, 64],
    [2, 2, 128, 64],
    [3, 1, 128, 64],
    [4, 1, 128, 128],
    [5, 1, 192, 128],
    [6, 0, 192, 128],
    [7, 0, 192, 192],
    [8, 0, 192, 192],
  ])
  const kinds = findAttention(unet).map(({ kind, value }) => [kind, /attn(\d)/.exec(value)?.[1]])
  expect(kinds).toEqual(
    Array.from({ length: 11 }, () => [
      ['self', '1'],
      ['cross', '2'],
    ]).flat(),
  )
})

test.each(findSkips(unet))(
  'DeepCache in two graphs gives the original model bit for bit, branch $branch',
  async ({ branch }) => {
    const { full, shallow, feature } = carryDeepFeatures(unet, { branch })
    const whole = await opened(full, network => network.run(feeds))
    expect(distance(whole.out_sample, base.out_sample)).toBe(0)
    const part = await opened(shallow, network => network.run({ ...feeds, [feature]: whole[feature]! }))
    expect(distance(part.out_sample, base.out_sample)).toBe(0)
    expect(shallow.graph!.node.length).toBeLessThan(unet.graph!.node.length)
  },
)

test.each([carryCrossAttention, carrySelfAttention])(
  '%o in two graphs gives the original model bit for bit',
  async carryAttention => {
    const { full, reuse, values } = carryAttention(unet)
    const whole = await opened(full, network => network.run(feeds))
    expect(distance(whole.out_sample, base.out_sample)).toBe(0)
    const { inputs, result } = await opened(reuse, async network => ({
      inputs: network.inputs,
      result: await network.run({ ...feeds, ...whole }),
    }))
    expect(distance(result.out_sample, base.out_sample)).toBe(0)
    expect(inputs.includes('encoder_hidden_states')).toBe(carryAttention === carrySelfAttention)
    expect(inputs.filter(name => values.includes(name))).toHaveLength(11)
  },
)

test('after the gate step of T-GATE the model runs with a batch of one, on the mean of both halves', async () => {
  const { model, condition, caches } = gateCrossAttention(unet)
  // Both halves are the same, so their mean is what a batch of one computes.
  const one = { ...feeds, sample: random(1, [1, 4, 8, 8]), encoder_hidden_states: random(2, [1, 12, 192]) }
  const both = { ...one, sample: doubled(one.sample), encoder_hidden_states: doubled(one.encoder_hidden_states) }
  const alone = await opened(unet, network => network.run(one))
  const gated = await opened(model, async network => {
    const first = await network.run({ ...both, ...gateFeeds(model, []) })
    const halves = Object.fromEntries(caches.map(({ output }) => [output, mean(first[output]!)]))
    return network.run({ ...one, ...gateFeeds(model, [condition], halves) })
  })
  expect(gated.out_sample!.dims).toEqual([1, 4, 8, 8])
  // Products with another batch size may sum in another order.
  expect(distance(gated.out_sample, alone.out_sample)).toBeLessThan(1e-5)
})

function doubled(value: ort.Tensor): ort.Tensor {
  const data = value.data as Float32Array
  return new ort.Tensor('float32', Float32Array.of(...data, ...data), [2, ...value.dims.slice(1)])
}

/** The mean of both halves of a batch. */
function mean(value: ort.Tensor): ort.Tensor {
  const data = value.data as Float32Array
  const half = data.length / 2
  return new ort.Tensor(
    'float32',
    data.slice(0, half).map((x, at) => (x + data[half + at]!) / 2),
    [1, ...value.dims.slice(1)],
  )
}

type Step = readonly [name: string, rewrite: (model: ModelProto) => ModelProto]
const steps: readonly Step[] = [
  ['FreeU', model => freeU(model).model],
  ['DeepCache', model => gateDeepFeatures(model, { branch: 4 }).model],
  ['T-GATE', model => gateCrossAttention(model).model],
  ['self-attention', model => gateSelfAttention(model).model],
]

test('rewrites in any order give the same nodes, and all of their gates agree with the original model', async () => {
  // Smaller than the embedded model: there are 96 rewrites and 8 combinations of gates.
  const plain = fixture('sd15-dynamo')
  const given = { ...feedsOf(plain), ...scalars(strengths) }
  const orders = permutations(steps)
  const models = orders.map(order => order.reduce((model, [, rewrite]) => rewrite(model), plain))
  const nodes = models.map(model => nodeSet(model))
  expect(orders).toHaveLength(24)
  for (const found of nodes) expect(found).toEqual(nodes[0])
  const without = await opened(plain, network => network.run(given), 'disabled')
  const strong = await opened(freeU(plain).model, network => network.run(given), 'disabled')
  expect(distance(strong.out_sample, without.out_sample)).toBeGreaterThan(0.01)
  const model = models.at(-1)!
  const conditions = gatesOf(model).map(({ condition }) => condition)
  await opened(
    model,
    async network => {
      const whole = await network.run({ ...given, ...gateFeeds(model, []) })
      expect(distance(whole.out_sample, strong.out_sample)).toBe(0)
      for (const on of subsets(conditions)) {
        const result = await network.run({ ...given, ...gateFeeds(model, on, whole) })
        for (const name of Object.keys(whole)) expect(distance(result[name], whole[name]), `${on} ${name}`).toBe(0)
      }
    },
    'disabled',
  )
})

test('cutting a rewritten model into two graphs gives the same as rewriting the two graphs', () => {
  const [before, after] = [
    carryDeepFeatures(gateCrossAttention(freeU(unet).model).model, { branch: 4 }),
    carryDeepFeatures(unet, { branch: 4 }),
  ]
  for (const part of ['full', 'shallow'] as const) {
    expect(nodeSet(before[part])).toEqual(nodeSet(gateCrossAttention(freeU(after[part]).model).model))
  }
})

test('a rewritten model that was written and read can be rewritten again', () => {
  const [first, second] = [gateDeepFeatures(unet, { branch: 2 }).model, gateCrossAttention(unet).model]
  const again = readModel(writeModel(first))
  expect(nodeSet(gateCrossAttention(again).model)).toEqual(nodeSet(gateDeepFeatures(second, { branch: 2 }).model))
})

test('the error for a model that cannot be cut says why, and what to do', () => {
  expect(() => carryDeepFeatures(unet, { branch: 9 })).toThrow('expected a branch from 0 to 8, got 9')
  expect(() => freeU(freeU(unet).model)).toThrow('expected a model without FreeU')
  expect(() => freeU(unet, { stage: 'channels' })).toThrow("choose another stage, such as 'block'")
  expect(() => gateCrossAttention(gateCrossAttention(unet).model)).toThrow(
    'start from a model where it is not carried yet',
  )
  const decoder = readModel(new Uint8Array(readFileSync(new URL('vae_decoder/model.onnx', emoji))))
  expect(() => carryDeepFeatures(decoder)).toThrow('caches of the output work on every model')
  expect(() => carryCrossAttention(decoder)).toThrow('caches of the output work on every model')
})

function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length < 2) return [items]
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map(rest => [item, ...rest]))
}

function subsets<T>(items: readonly T[]): readonly (readonly T[])[] {
  return items.reduce<readonly (readonly T[])[]>((sets, item) => sets.flatMap(set => [set, [...set, item]]), [[]])
}

/** All nodes of a graph and of its branches, with the values that they read and compute, in any order. */
function nodeSet(model: ModelProto): readonly string[] {
  const list = (nodes: NonNullable<ModelProto['graph']>['node'], path: string): readonly string[] =>
    nodes.flatMap(({ opType, input, output, attribute }) => [
      `${path} ${opType} ${input} -> ${output}`,
      ...attribute.flatMap(({ name, g }) => (g === undefined ? [] : list(g.node, `${path}/${output[0]}.${name}`))),
    ])
  return [...list(model.graph!.node, '')].sort()
}
