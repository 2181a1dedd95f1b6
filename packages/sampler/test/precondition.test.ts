import {
  type Coefficients,
  denoiser,
  edmCoefficients,
  iddpmCoefficients,
  type Network,
  precondition,
  veCoefficients,
  vpCoefficients,
} from '@fewstep/sampler'
import { edm, iddpmSigmas, type NoiseLevel } from '@fewstep/schedules'
import { edmSolver, run } from '@fewstep/solvers'
import { float32Ops } from '@fewstep/tensor'
import { expect, test } from 'vitest'

/** Table 1 of arXiv 2206.00364, worked out by hand at sigma 2: skip, out, in, noise. */
const table: readonly (readonly [name: string, coefficients: Coefficients, at2: readonly number[]])[] = [
  ['EDM', edmCoefficients(), [0.25 / 4.25, 1 / Math.sqrt(4.25), 1 / Math.sqrt(4.25), Math.log(2) / 4]],
  ['VP', vpCoefficients(), [1, -2, 1 / Math.sqrt(5), (999 * (Math.sqrt(0.01 + 39.8 * Math.log(5)) - 0.1)) / 19.9]],
  ['VE', veCoefficients(), [1, 2, 1, 0]],
  ['iDDPM', iddpmCoefficients(), [1, -2, 1 / Math.sqrt(5), 999 - iddpmSigmas().findIndex(u => u < 2.003)]],
]

test('iDDPM gets the number of its nearest level', () => {
  const [sigmas, { noise }] = [iddpmSigmas(), iddpmCoefficients()]
  for (const j of [100, 500, 998]) {
    const [above, own, below] = [sigmas[j - 1]!, sigmas[j]!, sigmas[j + 1]!]
    for (const near of [own, 0.6 * own + 0.4 * above, 0.6 * own + 0.4 * below]) expect(noise(near)).toBe(999 - j)
  }
})

test.each(table)('the coefficients of %s', (_, { skip, out, in: scale, noise }, wanted) => {
  for (const [i, value] of [skip(2), out(2), scale(2), noise(2)].entries()) expect(value).toBeCloseTo(wanted[i]!, 12)
})

test.each([
  ['EDM', edmCoefficients({ sigmaData: 0.7 })],
  ['EDM', edmCoefficients({ sigmaData: 1 })],
] as const)('%s: what goes in and what is aimed at have unit variance, and errors the smallest factor', (_, own) => {
  const { skip, out, in: scale } = own
  // The deviation of the data is that where skip is 1/2.
  const deviation = [0.7, 1].find(value => Math.abs(skip(value) - 0.5) < 1e-12)!
  for (const rho of [0.01, 0.3, 2, 50]) {
    expect(scale(rho) ** 2 * (deviation ** 2 + rho ** 2)).toBeCloseTo(1, 12)
    const aimed = ((1 - skip(rho)) ** 2 * deviation ** 2 + skip(rho) ** 2 * rho ** 2) / out(rho) ** 2
    expect(aimed).toBeCloseTo(1, 9)
  }
})

const ops = float32Ops()
/** The exact estimate of data from N(0.3, 0.6²). */
const exact = (x: number, rho: number) => (0.36 * x + rho ** 2 * 0.3) / (0.36 + rho ** 2)

test.each(table)('%s: an exact network gives the exact estimate, in any scaling', async (_, coefficients) => {
  for (const rho of [0.1, 2.0001, 30])
    for (const alpha of [1, 0.4]) {
      const level: NoiseLevel = { alpha, sigma: alpha * rho }
      const raw: Network<Float32Array, null> = ({ x, timestep, conditions }) => {
        expect(timestep).toBe(coefficients.noise((alpha * rho) / alpha))
        const answer = x.map(value => {
          const plain = value / coefficients.in(rho)
          return (exact(plain, rho) - coefficients.skip(rho) * plain) / coefficients.out(rho)
        })
        return conditions.map(() => answer.slice())
      }
      const { network, prediction } = precondition(raw, coefficients, { ops })
      const denoise = denoiser(network, { process: edm(), prediction, condition: null, ops })
      const call = { step: 0, steps: 1, stage: 0, evaluation: 0, evaluations: 1, level }
      const data = await denoise(Float32Array.of(alpha * 1.7), level, { ...call, views: new Set(['data']) })
      expect(data.denoised![0]).toBeCloseTo(exact(1.7, rho), 4)
      const noise = await denoise(Float32Array.of(alpha * 1.7), level, { ...call, views: new Set(['noise']) })
      expect(noise.noise![0]).toBeCloseTo((1.7 - exact(1.7, rho)) / rho, 4)
    }
})

test('a whole run: the data comes out', async () => {
  const raw: Network<Float32Array, null> = ({ x, timestep }) => {
    const rho = Math.exp(4 * timestep)
    const { skip, out, in: scale } = edmCoefficients()
    return [x.map(value => (exact(value / scale(rho), rho) - (skip(rho) * value) / scale(rho)) / out(rho))]
  }
  const { network, prediction } = precondition(raw, edmCoefficients(), { ops })
  const denoise = denoiser(network, { process: edm(), prediction, condition: null, ops })
  const levels = Array.from({ length: 33 }, (_, i) => ({ alpha: 1, sigma: i === 32 ? 0 : 80 * 0.7 ** i }))
  let x = Float32Array.of(80 * 0.5)
  for await (const event of run(edmSolver().plan(levels), x, { ops, denoise })) x = event.x.slice()
  // Half a deviation above the mean stays there.
  expect(x[0]).toBeCloseTo(0.3 + 0.5 * 0.6, 2)
})

test('bad input is an error', async () => {
  expect(() => edmCoefficients({ sigmaData: 0 })).toThrow(/sigmaData must be a number above 0, got 0/)
  expect(() => vpCoefficients({ betaD: Number.NaN })).toThrow(/betaD/)
  const { network } = precondition(() => [], veCoefficients(), { ops })
  const level = { alpha: 0, sigma: 1 }
  const call = { step: 0, steps: 1, stage: 0, evaluation: 0, evaluations: 1, level, views: new Set<never>() }
  const question = { x: Float32Array.of(1), timestep: 0, level, conditions: [null], call }
  await expect(async () => network(question)).rejects.toThrow(/alpha above 0/)
})
