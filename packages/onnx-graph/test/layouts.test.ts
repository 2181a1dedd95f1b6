import { describe, expect, test } from 'vitest'
import {
  carry,
  carryCrossAttention,
  carryDeepFeatures,
  carrySelfAttention,
  findAttention,
  findSkips,
  gateCrossAttention,
  gateDeepFeatures,
  gateSelfAttention,
  gatesOf,
  type ModelProto,
} from '../src/index.ts'
import { feedsOf, fixture, fixtures } from './support/fixtures.ts'
import { distance, gateFeeds, opened } from './support/network.ts'

describe.each(fixtures)(
  '$name',
  { timeout: 300_000 },
  ({ name, skips, attention, cross, tolerance, runs, unfused = 0, slow = false }) => {
    test('its skip connections and attention layers are found', () => {
      const model = fixture(name)
      const found = findSkips(model)
      expect(found.map(({ branch }) => branch)).toEqual(Array.from({ length: skips }, (_, at) => at))
      // Three joints in each up block; branch 0 is in the last.
      expect(found.map(({ block }) => block)).toEqual(found.map(({ branch }) => Math.floor((skips - 1 - branch) / 3)))
      expect(found[0]).toMatchObject({ mainChannels: 8, skipChannels: 8 })
      expect(found.at(-1)).toMatchObject({ mainChannels: 16, skipChannels: 16 })
      const kinds = findAttention(model).map(({ kind }) => kind)
      const one = cross ? (['self', 'cross'] as const) : (['self'] as const)
      expect(kinds).toEqual(Array.from({ length: attention }, () => one).flat())
    })

    if (!runs) return

    /** Every branch and kind of attention layer, with the part of the model that remains when its values are reused. */
    function* parts(model: ModelProto, branches: readonly number[]): Generator<readonly [string, ModelProto]> {
      for (const branch of branches) yield [`branch ${branch}`, carryDeepFeatures(model, { branch }).shallow]
      yield ['self-attention', carrySelfAttention(model).reuse]
      if (cross) yield ['cross-attention', carryCrossAttention(model).reuse]
    }

    test.each([
      // Without fusion every branch and layout is exact, except for float16. Graphs with many nodes take long to open, so they
      // are tried at both ends.
      { fusion: 'disabled', every: slow ? 8 : 1, limit: unfused },
      // With ONNX Runtime's default settings, fused nodes may round differently.
      ...(slow ? [] : [{ fusion: 'all', every: 11, limit: tolerance } as const]),
    ] as const)(
      'reusing the values of the same run gives the same as the original model, fusion $fusion',
      async run => {
        const { fusion, every, limit } = run
        const model = fixture(name)
        const feeds = feedsOf(model)
        const found = findSkips(model)
        const inside = [...found.map(({ main }) => main), ...findAttention(model).map(({ value }) => value)]
        const base = await opened(model, network => network.run(feeds), fusion)
        const whole = await opened(carry(model, inside).full, network => network.run(feeds), fusion)
        expect(distance(whole.out_sample, base.out_sample), 'full').toBeLessThanOrEqual(limit)
        const branches = found.map(({ branch }) => branch).filter(branch => branch % every === 0)
        for (const [label, part] of parts(model, branches)) {
          const reused = await opened(part, network => network.run({ ...feeds, ...whole }), fusion)
          expect(distance(reused.out_sample, base.out_sample), label).toBeLessThanOrEqual(limit)
        }
      },
    )

    test('one graph with all gates gives the same as the original model, with each gate on and off', async () => {
      const model = fixture(name)
      const feeds = feedsOf(model)
      const base = await opened(model, network => network.run(feeds), 'disabled')
      const deep = gateDeepFeatures(gateSelfAttention(model).model, { branch: 1 }).model
      const gated = cross ? gateCrossAttention(deep).model : deep
      await opened(
        gated,
        async network => {
          const whole = await network.run({ ...feeds, ...gateFeeds(gated, []) })
          expect(distance(whole.out_sample, base.out_sample), 'off').toBeLessThanOrEqual(unfused)
          const conditions = gatesOf(gated).map(({ condition }) => condition)
          expect(conditions).toHaveLength(cross ? 3 : 2)
          for (const on of [...conditions.map(condition => [condition]), conditions]) {
            const reused = await network.run({ ...feeds, ...gateFeeds(gated, on, whole) })
            expect(distance(reused.out_sample, base.out_sample), on.join()).toBeLessThanOrEqual(unfused)
          }
        },
        'disabled',
      )
    })
  },
)
