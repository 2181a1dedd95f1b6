import { denoiser, type Network, type Preconditioning, type Prediction, sample } from '@fewstep/sampler'
import { scaledLinear } from '@fewstep/schedules'
import { euler, type View } from '@fewstep/solvers'
import { float32Ops } from '@fewstep/tensor'
import { describe, expect, test } from 'vitest'

const process = scaledLinear()
const ops = float32Ops()
const level = process.level(400)
const { alpha, sigma } = level
const x0 = 0.75
const noise = -1.25
const x = Float32Array.of(alpha * x0 + sigma * noise)
const call = { step: 0, steps: 1, stage: 0, evaluation: 0, evaluations: 1, level, views: new Set<View>(['data']) }

/** What a perfect network of each kind answers. */
const outputs: Readonly<Record<Exclude<Prediction, Preconditioning>, number>> = {
  epsilon: noise,
  v: alpha * noise - sigma * x0,
  sample: x0,
  flow: noise - x0,
}

test.each(Object.entries(outputs) as [Prediction, number][])('%s gives back x0', async (prediction, output) => {
  const network: Network<Float32Array, null> = () => [Float32Array.of(output)]
  const { denoised } = await denoiser(network, { process, prediction, condition: null, ops })(x, level, call)
  expect(denoised![0]).toBeCloseTo(x0, 5)
})

test.each(Object.entries(outputs) as [Prediction, number][])('%s gives back the noise', async (prediction, output) => {
  const asked = { ...call, views: new Set<View>(['noise']) }
  const answer = Float32Array.of(output)
  const denoise = denoiser<Float32Array, null>(() => [answer], { process, prediction, condition: null, ops })
  const { denoised, noise: given } = await denoise(x, level, asked)
  expect(denoised).toBeUndefined()
  expect(given![0]).toBeCloseTo(noise, 5)
  // Where the network predicts the noise, its output is the answer, without a sum.
  expect(given === answer).toBe(prediction === 'epsilon')
})

describe('guidance', () => {
  const asked: string[][] = []
  const network: Network<Float32Array, string> = ({ conditions }) => {
    asked.push([...conditions])
    return conditions.map(condition => Float32Array.of(condition === 'cat' ? 2 : 0.5, condition === 'cat' ? -1 : 3))
  }
  const pair = Float32Array.of(0, 0)
  const guided = (scale: number, rescale?: number, views: ReadonlySet<View> = call.views) =>
    denoiser(network, {
      process,
      prediction: 'sample',
      condition: 'cat',
      ops,
      guidance: {
        scale,
        unconditional: 'nothing',
        ...(rescale === undefined ? {} : { rescale: { by: rescale, standardDeviation: ops.standardDeviation } }),
      },
    })(pair, level, { ...call, views })

  test('goes from the unconditional output through the conditional one', async () => {
    expect([...(await guided(3)).denoised!]).toEqual([5, -9])
    expect(asked.at(-1)).toEqual(['nothing', 'cat'])
  })

  test('costs one branch at scale 1', async () => {
    expect([...(await guided(1)).denoised!]).toEqual([2, -1])
    expect(asked.at(-1)).toEqual(['cat'])
  })

  test('gives the estimate without guidance where the plan uses it, at scale 1 too', async () => {
    for (const scale of [1, 3]) {
      const { denoised, unconditional } = await guided(scale, undefined, new Set<View>(['data', 'unconditional']))
      expect([...unconditional!]).toEqual([0.5, 3])
      expect([...denoised!]).toEqual(scale === 1 ? [2, -1] : [5, -9])
    }
    const alone = denoiser(network, { process, prediction: 'sample', condition: 'cat', ops })
    await expect(alone(pair, level, { ...call, views: new Set<View>(['unconditional']) })).rejects.toThrow(/guidance/)
  })

  test('rescaled in full has the deviation of the conditional output', async () => {
    const { denoised } = await guided(3, 1)
    expect(ops.standardDeviation(denoised!)).toBeCloseTo(ops.standardDeviation(Float32Array.of(2, -1)), 5)
  })

  test('of a scale that is no number is refused', () => {
    expect(() => guided(Number.NaN)).toThrow(/finite number/)
  })
})

describe('a timetable', () => {
  const cell = { step: 0, stage: 0, output: 'compute', deep: 'compute', cross: 'compute', self: 'compute' } as const
  /** Answers of two conditions that drift with the call's number. */
  const network: Network<Float32Array, string> = ({ conditions, call }) => {
    asked.push(conditions.join())
    return conditions.map(condition => Float32Array.of(condition === 'cat' ? 2 + call.evaluation : 0.5))
  }
  const asked: string[] = []
  const guidedBy = async (guidance: readonly ('both' | 'alone' | 'kept')[], until = 0) => {
    asked.length = 0
    const denoise = denoiser(network, {
      process,
      prediction: 'sample',
      condition: 'cat',
      ops,
      guidance: { scale: 3, unconditional: 'nothing', until },
      timetable: guidance.map((kind, evaluation) => ({ ...cell, evaluation, guidance: kind })),
    })
    const values: number[] = []
    for (const evaluation of guidance.keys())
      values.push((await denoise(Float32Array.of(0), level, { ...call, evaluation })).denoised![0]!)
    denoise.dispose()
    return values
  }

  test('evaluates one condition where the timetable skips guidance, and adds the stored difference where it says so', async () => {
    // Guided: 3·c − 2·u. Kept: c + 2·(c₁ − u), the difference of the latest guided call.
    expect(await guidedBy(['alone', 'both', 'kept', 'kept', 'both'])).toEqual([2, 8, 9, 10, 17])
    expect(asked).toEqual(['cat', 'nothing,cat', 'cat', 'cat', 'nothing,cat'])
  })

  test('ends guidance for good once it makes little difference', async () => {
    // |c − u|/|c| is 0.75, 0.83, …: below 0.8 at the first call.
    expect(await guidedBy(['both', 'both', 'both'], 0.8)).toEqual([5, 3, 4])
    expect(asked).toEqual(['nothing,cat', 'cat', 'cat'])
    expect(await guidedBy(['both', 'both', 'both'], 0.5)).toEqual([5, 8, 11])
  })
})

test('a level without signal is refused for epsilon, with the remedy', async () => {
  const denoise = denoiser<Float32Array, null>(() => [x], { process, prediction: 'epsilon', condition: null, ops })
  await expect(denoise(x, { alpha: 0, sigma: 1, timestep: 999 }, call)).rejects.toThrow(
    /prediction must be v, sample or flow .*use the schedule "leading"/,
  )
})

test('a threshold acts on the estimate, and sample() reports every step', async () => {
  const denoise = denoiser<Float32Array, null>(() => [Float32Array.of(9)], {
    process,
    prediction: 'sample',
    condition: null,
    ops,
    threshold: tensor => tensor.map(value => Math.min(value, 1)),
  })
  const levels = [process.level(900), process.level(400), { alpha: 1, sigma: 0 }]
  const steps: number[] = []
  const result = await sample({
    plan: euler().plan(levels),
    x: Float32Array.of(0.3),
    ops,
    denoise,
    onStep: ({ step }) => void steps.push(step),
  })
  expect(steps).toEqual([0, 1])
  expect([...result]).toEqual([1])
})
