import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { model } from '@fewstep/model-emoji'
import { carryDeepFeatures, findAttention, inspect, readModel, writeModel } from '@fewstep/onnx-graph'
import { type MeasureOptions, measureReuse, reuseInterval, settledStep } from '@fewstep/pipelines'
import type { Folder, HostValue, Runtime } from '@fewstep/runtime'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { chooseRecipe } from '@fewstep/sampler/diffusers'
import { afterAll, describe, expect, test } from 'vitest'
import { changeCounter } from '../src/changes.ts'

const runtime = nodeRuntime()
afterAll(() => runtime.dispose())
const recipe = chooseRecipe({ _class_name: 'DDIMScheduler', beta_schedule: 'scaled_linear' }, {})
const sizes = { sample: [1, 4, 8, 8], timestep: [], encoder_hidden_states: [1, 32, 192] }
const measure = (folder: Folder, more: Partial<MeasureOptions> = {}) =>
  measureReuse(folder, { runtime, recipe, sizes, prompts: ['a red apple', 'a cat'], steps: 4, ...more })

describe('changes of the embedded U-Net', () => {
  test("are those between the graph's own values at the inputs of each call", async () => {
    const feeds: Readonly<Record<string, HostValue>>[] = []
    const listening: Runtime = {
      ...runtime,
      async open(...args) {
        const session = await runtime.open(...args)
        const unet = session.inputs.some(({ name }) => name === 'sample')
        const run: typeof session.run = (fed, options) => {
          // Arrays are used again after a call.
          const copies = Object.entries(fed).map(([name, value]) => [name, { ...value, data: value.data!.slice() }])
          if (unet) feeds.push(Object.fromEntries(copies))
          return session.run(fed, options)
        }
        return { ...session, run }
      },
    }
    const measured = await measure(directory(model), { runtime: listening })
    // Two conditions at each of four calls, for two prompts; the prompt's own is the second.
    expect(feeds).toHaveLength(16)
    expect(measured).toMatchObject({ conditions: 'prompts', calls: [0, 1, 2, 3].map(step => ({ step })) })
    const unet = readModel(new Uint8Array(readFileSync(new URL('unet/model.onnx', model))))
    for (const branch of [0, 5]) {
      const { full, feature } = carryDeepFeatures(unet, { branch })
      const session = await runtime.open({ bytes: writeModel(full) })
      const features: Float32Array[] = []
      for (const fed of feeds) features.push((await session.run(fed))[feature]!.data as Float32Array)
      await session.dispose()
      const change = (run: number, of: number, call: number, age: number): number => {
        const at = (call: number) => features[8 * run + 2 * call + of]!
        const [now, before] = [at(call), at(call - age)]
        return Math.hypot(...now.map((v, i) => v - before[i]!)) / Math.hypot(...now)
      }
      const mean = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length
      const found = measured.deep.find(each => each.branch === branch)!
      const runs = [0, 1].flatMap(run => [0, 1].map(of => [run, of] as const))
      for (const call of [1, 2, 3])
        expect(found.changes[call]).toBeCloseTo(mean(runs.map(([run, of]) => change(run, of, call, 1))), 5)
      for (const age of [1, 2, 3]) {
        const calls = [1, 2, 3].filter(call => call >= age)
        const all = runs.flatMap(([run, of]) => calls.map(call => change(run, of, call, age)))
        expect(found.aged[age - 1]).toBeCloseTo(mean(all), 5)
      }
      expect(found.aged).toHaveLength(3)
    }
    expect(measured.cross[0]).toBeUndefined()
    for (const curve of [measured.cross, measured.self])
      for (const v of curve.slice(1)) expect(v).toBeGreaterThan(0.001)
  })

  test('are the same again, and nothing is left open', async () => {
    const before = await runtime.usage()
    const [a, b] = [await measure(directory(model)), await measure(directory(model))]
    expect(a).toEqual(b)
    expect(await runtime.usage()).toMatchObject({ sessions: before.sessions, values: 0 })
  })
})

describe('other U-Nets', () => {
  const fixture = (name: string): Folder => {
    const path = new URL(`../../onnx-graph/test/fixtures/${name}.onnx.gz`, import.meta.url)
    const bytes = new Uint8Array(gunzipSync(readFileSync(path)))
    return { name, has: () => false, read: async () => bytes, model: () => ({ bytes }) }
  }
  test.each([
    ['ddpm-dynamo', 'none', 12, 'self'],
    ['sd15-torchscript', 'random numbers', 12, 'cross self'],
  ])('%s: conditions are %s', async (name, conditions, branches, kinds) => {
    const folder = fixture(name)
    const unet = readModel(await folder.read(''))
    const sizes = Object.fromEntries(
      inspect(unet).inputs.map(({ name, shape = [] }) => [
        name,
        shape.map((dim, axis) => (axis === 0 ? 1 : typeof dim === 'number' ? dim : 16)),
      ]),
    )
    const measured = await measure(folder, { sizes, steps: 3, prompts: ['x'] })
    expect(measured.conditions).toBe(conditions)
    expect(measured.deep).toHaveLength(branches)
    for (const kind of ['cross', 'self'] as const) {
      expect(measured[kind][2] !== undefined, kind).toBe(kinds.includes(kind))
      expect(findAttention(unet).some(layer => layer.kind === kind)).toBe(kinds.includes(kind))
    }
  })
})

test('models that cannot be measured are errors, and nothing is left open', async () => {
  const { sessions } = await runtime.usage()
  const folder = directory(model)
  await expect(measure(folder, { prompts: [] })).rejects.toThrow(/prompts must be at least one/)
  await expect(measure(folder, { steps: 1 })).rejects.toThrow(/steps must be a whole number of at least 2, got 1/)
  await expect(measure(folder, { guidance: Number.NaN })).rejects.toThrow(/guidance must be a finite number/)
  for (const ages of [0, 1.5, Number.POSITIVE_INFINITY])
    await expect(measure(folder, { ages })).rejects.toThrow(`ages must be a whole number of at least 1, got ${ages}`)
  await expect(measure(folder, { file: 'vae_decoder/model.onnx' })).rejects.toThrow(
    /unet has no input sample, only latent_sample/,
  )
  await expect(measure(folder, { file: 'text_encoder/model.onnx' })).rejects.toThrow(
    /skip connections or attention.*caches of the output work on every model: EasyCache/,
  )
  expect((await runtime.usage()).sessions).toBe(sessions)
})

test('a change is the relative error of the older value, in the mean over layers and runs', () => {
  const counter = changeCounter(
    {
      model: readModel(readFileSync(new URL('unet/model.onnx', model))),
      deep: [{ branch: 0, value: 'd' }],
      attention: [
        { kind: 'cross', value: 'a' },
        { kind: 'cross', value: 'b' },
      ],
    },
    2,
  )
  const add = (call: number, value: string, ...data: readonly number[]) =>
    counter.add({ call, of: 1, value, data: Float32Array.from(data) })
  for (const run of [0, 1]) {
    for (const [call, size] of [1, 2, 4, 8].entries()) add(call, 'd', 0, size * (run + 1))
    for (const [call, value] of [4, 5, 5].entries()) add(call, 'a', value, 0)
    for (const [call, value] of [1, 2, 2].entries()) add(call, 'b', 0, value)
  }
  const { cross, self, deep } = counter.result(4)
  expect(cross).toEqual([undefined, (1 / 5 + 1 / 2) / 2, 0, undefined])
  expect(self).toEqual([undefined, undefined, undefined, undefined])
  expect(deep).toEqual([{ branch: 0, changes: [undefined, 0.5, 0.5, 0.5], aged: [0.5, 0.75] }])
  expect(() => add(4, 'd', Number.NaN, 1)).toThrow(/d overflows or is all 0 at evaluation 4/)
})

test.each([
  [[undefined, 0.4, 0.3, 0.1, 0.1, 0.1, 0.1], 3],
  // What rises again has not settled before.
  [[undefined, 0.4, 0.1, 0.1, 0.1, 0.3, 0.1, 0.1], 6],
  [[undefined, 0.1, 0.1, 0.1, 0.1, 0.4], undefined],
  [[undefined, 0.2, 0.2, 0.2], 0],
  [[undefined, undefined], undefined],
])('attention that changes by %j settles at step %s', (cross, step) => {
  const calls = cross.map((_, step) => ({ step, timestep: 0 }))
  expect(settledStep({ cross, calls })?.step).toBe(step)
})

test.each([
  [[0.1, 0.2, 0.3, 0.4], 0.2, 3],
  [[0.1, 0.2, 0.3, 0.4], 0.05, 1],
  [[0.1, 0.2, 0.3, 0.4], 0.5, 5],
  [[0.1, 0.3, 0.2, 0.4], 0.2, 2],
])('features that age by %j are at %f good for an interval of %i', (aged, tolerance, interval) => {
  expect(reuseInterval(aged, tolerance)).toBe(interval)
})
