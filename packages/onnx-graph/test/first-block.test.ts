import * as ort from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { carryDeepFeatures, freeU, gateCrossAttention, type ModelProto, splitFirstBlock } from '../src/index.ts'
import { feedsOf, fixture, fixtures } from './support/fixtures.ts'
import { distance, type Feeds, gateFeeds, opened, random } from './support/network.ts'

/** Replaces the first block's output of an earlier run if there is none. */
const none = new ort.Tensor('float32', [0], [1, 1, 1, 1])

describe.each(fixtures.filter(({ runs, slow = false }) => runs && !slow))('$name', ({ name }) => {
  test('the first block and the rest together are the complete model, or its shallow part', {
    timeout: 60_000,
  }, async () => {
    const model = fixture(name)
    const feeds = feedsOf(model)
    const base = await opened(model, network => network.run(feeds), 'disabled')
    for (const branch of [0, 1, 4]) {
      const { head, full, shallow, passed, feature, previous, change } = splitFirstBlock(model, { branch })
      const first = await opened(head, network => network.run({ ...feeds, [previous]: none }), 'disabled')
      const whole = await opened(full, network => network.run({ ...feeds, ...first }), 'disabled')
      expect(distance(whole.out_sample, base.out_sample)).toBe(0)
      const part = await opened(shallow, network => network.run({ ...feeds, ...first, ...whole }), 'disabled')
      expect(distance(part.out_sample, base.out_sample)).toBe(0)
      // No layer is there twice, except for the time embedding.
      const nodes = (part: ModelProto) => part.graph!.node.filter(({ opType }) => opType === 'Conv').length
      expect(nodes(head) + nodes(full)).toBe(nodes(model))
      expect(nodes(head) + nodes(shallow)).toBe(
        nodes(carryDeepFeatures(model, { branch }).shallow) + (branch === 0 ? nodes(head) - 1 : 0),
      )
      expect(Object.keys(first)).toEqual([...passed, change])
      expect(Object.keys(whole)).toContain(feature)
    }
  })

  test('the change is the relative L1 distance to the output of another run', async () => {
    const model = fixture(name)
    const { head, passed, previous, change } = splitFirstBlock(model)
    const feeds = feedsOf(model)
    await opened(head, async network => {
      const ratio = async (before: Feeds[string], of: Feeds = feeds): Promise<number> =>
        Number((await network.run({ ...of, [previous]: before }))[change]!.data[0])
      expect(await ratio(none)).toBe(Number.POSITIVE_INFINITY)
      const one = (await network.run({ ...feeds, [previous]: none }))[passed[1]!]!
      expect(await ratio(one)).toBe(0)
      const other = { ...feeds, sample: random(77, feeds.sample!.dims) }
      const two = (await network.run({ ...other, [previous]: none }))[passed[1]!]!
      const [x, y] = [one, two].map(({ data }) => Array.from(data as Float32Array))
      const sum = (values: readonly number[]) => values.reduce((total, value) => total + Math.abs(value), 0)
      const wanted = sum(y!.map((value, i) => value - x![i]!)) / sum(x!)
      expect(await ratio(one, other)).toBeCloseTo(wanted, 5)
      expect(wanted).toBeGreaterThan(0.01)
    })
  })
})

test('gates and FreeU stay in their places', async () => {
  const plain = fixture('sd15-dynamo')
  const strengths = { freeu_b1: 1.3, freeu_b2: 1.4, freeu_s1: 0.9, freeu_s2: 0.2 }
  const feeds = {
    ...feedsOf(plain),
    ...Object.fromEntries(
      Object.entries(strengths).map(([name, value]) => [name, new ort.Tensor('float32', [value], [])] as const),
    ),
  }
  const model = gateCrossAttention(freeU(plain).model).model
  const base = await opened(model, network => network.run({ ...feeds, ...gateFeeds(model, []) }), 'disabled')
  const { head, full, previous } = splitFirstBlock(model)
  for (const on of [[], ['reuse_cross_attention']]) {
    const first = await opened(
      head,
      network => network.run({ ...feeds, ...gateFeeds(head, on, base), [previous]: none }),
      'disabled',
    )
    const whole = await opened(
      full,
      network => network.run({ ...feeds, ...gateFeeds(full, on, base), ...first }),
      'disabled',
    )
    expect(distance(whole.out_sample, base.out_sample)).toBe(0)
  }
})
