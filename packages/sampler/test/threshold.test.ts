import { clip, denoiser, dynamicThreshold, ThresholdError } from '@fewstep/sampler'
import { linear } from '@fewstep/schedules'
import { ddim, dpm2m, run } from '@fewstep/solvers'
import { float32Ops } from '@fewstep/tensor'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const numbers = Float32Array.of(-3, -1, -0.5, 0, 0.5, 2, 4)

test('clip holds numbers within the range, and leaves its argument alone', () => {
  const before = numbers.slice()
  expect([...clip()(numbers)]).toEqual([-1, -1, -0.5, 0, 0.5, 1, 1])
  expect([...clip({ range: 2.5 })(numbers)]).toEqual([-2.5, -1, -0.5, 0, 0.5, 2, 2.5])
  expect(numbers).toEqual(before)
})

test('dynamic thresholding divides by the quantile', () => {
  // |D| sorted: 0 0.5 0.5 1 2 3 4. Ratio 0.75 lies at 4.5, between 2 and 3.
  const limited = dynamicThreshold({ ratio: 0.75, maximum: 10 })(numbers)
  expect([...limited]).toEqual([-2.5, -1, -0.5, 0, 0.5, 2, 2.5].map(value => Math.fround(value / 2.5)))
  expect([...dynamicThreshold({ ratio: 0.75, maximum: 2 })(numbers)]).toEqual([-1, -0.5, -0.25, 0, 0.25, 1, 1])
  // A quantile below 1 counts as 1.
  expect([...dynamicThreshold({ ratio: 0.1, maximum: 2 })(numbers)]).toEqual([...clip()(numbers)])
})

test('whatever the numbers are, the result is within −1 and 1 and in the same order', () => {
  const doubles = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 }), { minLength: 1 })
  fc.assert(
    fc.property(doubles, fc.double({ min: 0, max: 1, noNaN: true }), (values, ratio) => {
      const limited = dynamicThreshold({ ratio, maximum: 5 })(Float32Array.from(values))
      values.forEach((value, i) => {
        expect(Math.abs(limited[i]!)).toBeLessThanOrEqual(1)
        values.forEach((other, j) => {
          if (value < other) expect(limited[i]!).toBeLessThanOrEqual(limited[j]!)
        })
      })
    }),
    { seed: 7 },
  )
})

test.each([
  [() => clip({ range: 0 }), 'clip: range'],
  [() => clip({ range: Number.NaN }), 'clip: range'],
  [() => dynamicThreshold({ ratio: 1.5 }), 'dynamicThreshold: ratio'],
  [() => dynamicThreshold({ maximum: 0 }), 'dynamicThreshold: maximum'],
])('an option that makes no sense is an error', (make, message) => {
  expect(make).toThrow(ThresholdError)
  expect(make).toThrow(message)
})

test.each([
  ['follows the clipped estimate', ddim(), 1],
  ['follows it in noise form, too', dpm2m({ eulerAtFinal: true }), 1],
  ['stays as it was with rawNoise', ddim({ rawNoise: true }), -2],
])('the noise %s', async (_, solver, noise) => {
  // One step from x = 0.6·3 + 0.8·(−2) with a network that answers 3: D is clipped to 1.
  const [from, to] = [
    { alpha: 0.6, sigma: 0.8 },
    { alpha: 0.8, sigma: 0.6 },
  ]
  const ops = float32Ops()
  const x = Float32Array.of(0.6 * 3 - 0.8 * 2)
  const denoise = denoiser<Float32Array, null>(() => [Float32Array.of(3)], {
    process: linear(),
    prediction: 'sample',
    condition: null,
    threshold: clip(),
    ops,
  })
  let end = Number.NaN
  for await (const event of run(solver.plan([{ ...from, timestep: 1 }, to]), x, { ops, denoise })) end = event.x[0]!
  // 1 stands for the noise (x − 0.6·1)/0.8 that belongs to the clipped estimate.
  expect(end).toBeCloseTo(0.8 + 0.6 * (noise === 1 ? (x[0]! - 0.6) / 0.8 : noise), 5)
})
