import { readFileSync } from 'node:fs'
import * as ort from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { freeUWeights, lowPass, stageNodes } from '../src/free-u-nodes.ts'
import { buildModel, type FreeUOptions, findSkips, freeU, node, port, tensor } from '../src/index.ts'
import { feedsOf, fixture } from './support/fixtures.ts'
import { distance, type Feeds, opened, random } from './support/network.ts'

type Case = {
  readonly height: number
  readonly width: number
  readonly sample: string
  readonly encoder_hidden_states: string
  readonly outputs: readonly (Required<FreeUOptions> & { readonly source: string; readonly output: string })[]
}

const reference = JSON.parse(readFileSync(new URL('fixtures/freeu.json', import.meta.url), 'utf8')) as {
  readonly strengths: Readonly<Record<'b1' | 'b2' | 's1' | 's2', number>>
  readonly cases: readonly Case[]
}

function decoded(text: string, shape: readonly number[]): ort.Tensor {
  return new ort.Tensor('float32', new Float32Array(new Uint8Array(Buffer.from(text, 'base64')).buffer), shape)
}

function strengths(values: Readonly<Record<string, number>>): Feeds {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`freeu_${name}`, new ort.Tensor('float32', [value], [])]),
  )
}

describe.each(reference.cases[0]!.outputs)('FreeU $version by $stage, against $source', ({ version, stage }) => {
  const { model } = freeU(fixture('sd15-torchscript'), { version, stage })

  test('gives the same images to 1e-5', async () => {
    await opened(model, async network => {
      for (const { height, width, sample, encoder_hidden_states, outputs } of reference.cases) {
        const result = await network.run({
          sample: decoded(sample, [2, 4, height, width]),
          encoder_hidden_states: decoded(encoder_hidden_states, [2, 7, 12]),
          timestep: new ort.Tensor('int64', [500n], []),
          ...strengths(reference.strengths),
        })
        const { output } = outputs.find(given => given.version === version && given.stage === stage)!
        expect(distance(result.out_sample, decoded(output, [2, 4, height, width])), `${height}×${width}`).toBeLessThan(
          1e-5,
        )
      }
    })
  })
})

test.each(['sd15-dynamo', 'sd15-float16', 'sd15-fused-attention', 'ddpm-torchscript'])(
  'strengths of 1 do not change the output by a bit: %s',
  async name => {
    const plain = fixture(name)
    const feeds = feedsOf(plain)
    const base = await opened(plain, network => network.run(feeds), 'disabled')
    for (const version of [1, 2] as const) {
      const { model } = freeU(plain, { version })
      await opened(
        model,
        async network => {
          const same = await network.run({ ...feeds, ...strengths({ b1: 1, b2: 1, s1: 1, s2: 1 }) })
          expect(distance(same.out_sample, base.out_sample)).toBe(0)
          const other = await network.run({ ...feeds, ...strengths(reference.strengths) })
          expect(distance(other.out_sample, base.out_sample)).toBeGreaterThan(1e-3)
        },
        'disabled',
      )
    }
  },
)

test('version 2 gives no NaN for an image whose channels have the same mean everywhere', async () => {
  const model = buildModel({
    inputs: [port('x', 'float32', ['n', 4, 'h', 'w'])],
    outputs: [port('y', 'float32', undefined)],
    initializers: [
      tensor('kernel', 'float32', [4, 4, 1, 1], new Float32Array(16)),
      tensor('last', 'float32', [1, 8, 1, 1], new Float32Array(8).fill(1)),
    ],
    nodes: [
      node('Relu', ['x'], ['skip']),
      node('Conv', ['skip', 'kernel'], ['flat']),
      node('Concat', ['flat', 'skip'], ['joined'], { axis: { int: 1 } }),
      node('Conv', ['joined', 'last'], ['y']),
    ],
  })
  const { y } = await opened(freeU(model, { version: 2 }).model, network =>
    network.run({ x: random(1, [1, 4, 3, 5]), ...strengths(reference.strengths) }),
  )
  expect([...(y!.data as Float32Array)].every(Number.isFinite)).toBe(true)
})

/** The filter by its definition: numpy's `fftshift` puts the frequency k at k + floor(size / 2). */
function filtered(x: Float32Array, height: number, width: number, s: number): Float64Array {
  const band = (size: number) => {
    const at = Math.floor(size / 2)
    // Python's slice [at - 1 : at + 1] of a list of this size.
    const places = Array.from({ length: size }, (_, place) => place).slice(at - 1, at + 1)
    return places.map(place => place - at)
  }
  const low = new Float64Array(x.length)
  for (const ky of band(height)) {
    for (const kx of band(width)) {
      const angle = (place: number) =>
        2 * Math.PI * ((ky * Math.floor(place / width)) / height + (kx * (place % width)) / width)
      const real = x.reduce((sum, value, place) => sum + value * Math.cos(angle(place)), 0)
      const imaginary = x.reduce((sum, value, place) => sum - value * Math.sin(angle(place)), 0)
      low.forEach((_, place) => {
        low[place]! += (real * Math.cos(angle(place)) - imaginary * Math.sin(angle(place))) / x.length
      })
    }
  }
  return low.map((value, place) => x[place]! + (s - 1) * value)
}

test('the filter in closed form is the shifted Fourier transform, for images of any size', async () => {
  const joint = { main: '', skip: 'x', joined: 'y', channels: 1, type: 'float32', stage: 1, opset: 17 } as const
  const { nodes, value } = lowPass(joint)
  const stage = stageNodes(1).filter(({ input }) => input[0] === 'freeu_s1')
  const all = [...stage, ...nodes]
  const read = new Set(all.flatMap(({ input }) => input))
  const model = buildModel({
    inputs: [port('x', 'float32', [1, 1, 'h', 'w']), port('freeu_s1', 'float32', [])],
    outputs: [port(value, 'float32', undefined)],
    initializers: freeUWeights().filter(({ name }) => read.has(name)),
    nodes: all,
  })
  await opened(model, async network => {
    for (const [height, width] of [
      [1, 1],
      [1, 6],
      [7, 1],
      [2, 2],
      [2, 3],
      [3, 3],
      [4, 6],
      [5, 9],
      [13, 8],
      [32, 17],
    ] as const) {
      const x = random(height * 100 + width, [1, 1, height, width])
      const { [value]: y } = await network.run({ x, ...strengths({ s1: 0.2 }) })
      const expected = filtered(x.data as Float32Array, height, width, 0.2)
      const worst = expected.reduce(
        (far, number, at) => Math.max(far, Math.abs(number - (y!.data as Float32Array)[at]!)),
        0,
      )
      expect(worst, `${height}×${width}`).toBeLessThan(2e-6)
    }
  })
})

test('channels that come last are refused, and the error says what to do', () => {
  const model = fixture('sd15-dynamo')
  const joint = findSkips(model)[8]!
  const axis = model
    .graph!.node.find(({ output }) => output[0] === joint.joined)!
    .attribute.find(({ name }) => name === 'axis')!
  for (const last of [3n, -1n]) {
    axis.i = last
    expect(() => freeU(model)).toThrow(/the joint \S+ with channels last; put FreeU into the model before an optimizer/)
  }
  axis.i = -3n
  expect(freeU(model).inputs).toHaveLength(4)
})
