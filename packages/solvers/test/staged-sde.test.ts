import { edm, exponential, flow, type NoiseLevel } from '@fewstep/schedules'
import {
  dpm2Ancestral,
  dpmFast,
  dpmpp2s,
  dpmpp2sAncestral,
  dpmppSde,
  run,
  type Solver,
  seeds2,
  seeds3,
} from '@fewstep/solvers'
import { describe, expect, test } from 'vitest'
import { solverContract } from './support/contract.ts'
import { line, posteriorMean } from './support/mixture.ts'
import { provesMoments } from './support/moments.ts'
import { provesOrder } from './support/order.ts'
import { vectors } from './support/vectors.ts'

provesOrder([
  { name: 'dpmpp-sde, eta 0', solver: dpmppSde({ eta: 0 }) },
  { name: 'dpmpp-2s-ancestral, eta 0', solver: dpmpp2sAncestral({ eta: 0 }) },
  { name: 'dpmpp-2s-ancestral for flow, eta 0', solver: dpmpp2sAncestral({ eta: 0, flow: true }) },
  { name: 'seeds-2, eta 0', solver: seeds2({ eta: 0 }) },
  { name: 'seeds-3, eta 0', solver: seeds3({ eta: 0 }) },
  // The last step has one call where the calls are a multiple of three.
  { solver: dpmFast(), from: 48, to: 384 },
])

provesMoments([
  { name: 'dpmpp-sde, eta 0.5', solver: dpmppSde({ eta: 0.5 }), order: 2 },
  { name: 'dpmpp-sde, eta 0.5, r1 0.3', solver: dpmppSde({ eta: 0.5, r1: 0.3 }), order: 2 },
  {
    name: 'dpmpp-sde, eta 0.5, as published, with independent draws',
    solver: dpmppSde({ eta: 0.5, reference: true }),
    order: 1,
  },
  { name: 'seeds-2, eta 0.5', solver: seeds2({ eta: 0.5 }), order: 2 },
  { name: 'seeds-3, eta 0.5', solver: seeds3({ eta: 0.5 }), order: 2 },
  { name: 'dpmpp-2s-ancestral, eta 0.5', solver: dpmpp2sAncestral({ eta: 0.5 }), order: 2 },
  { name: 'dpmpp-2s-ancestral for flow, eta 0.5', solver: dpmpp2sAncestral({ eta: 0.5, flow: true }), order: 2 },
  { name: 'dpm-fast, eta 0.5', solver: dpmFast({ eta: 0.5 }), order: 2, from: 96, to: 384 },
])

solverContract('dpmpp-sde as published', dpmppSde({ reference: true }), { stochastic: true })
solverContract('dpmpp-sde, eta 0.5', dpmppSde({ eta: 0.5 }), { stochastic: true })
solverContract('dpmpp-2s-ancestral for flow', dpmpp2sAncestral({ flow: true }), { stochastic: true })
solverContract('dpm-fast, eta 0.5', dpmFast({ eta: 0.5 }), { stochastic: true })

const levels = exponential().levels(7, edm())

test('at eta 1 the ancestral noise is that of the SDE', () => {
  const [ancestral, sde] = [dpmppSde().plan(levels, edm()), seeds2().plan(levels, edm())]
  const flat = ({ steps }: typeof sde) =>
    steps.flatMap(({ evaluations, output }) =>
      [...evaluations.map(({ input }) => input), output].flatMap(sum => sum.map(({ weight }) => weight)),
    )
  for (const [i, weight] of flat(sde).entries()) expect(flat(ancestral)[i]! / weight).toBeCloseTo(1, 12)
})

test('at eta 0 they are DPM-Solver++ between the levels', () => {
  const weights = (solver: Solver) =>
    solver.plan(levels, edm()).steps.flatMap(({ output }) => output.map(({ weight }) => weight))
  const wanted = weights(dpmpp2s({ between: true }))
  for (const solver of [dpmppSde({ eta: 0 }), seeds2({ eta: 0 }), dpmpp2sAncestral({ eta: 0 })])
    for (const [i, weight] of weights(solver).entries()) expect(weight).toBeCloseTo(wanted[i]!, 12)
})

test('dpm-fast has as many evaluations as there are noisy intervals', () => {
  const calls = (count: number) =>
    dpmFast()
      .plan(exponential({ terminal: 'first' }).levels(count + 1, edm()), edm())
      .steps.map(({ evaluations }) => evaluations.length)
  expect([1, 2, 3, 4, 6, 8].map(calls)).toEqual([[1], [2], [2, 1], [3, 1], [3, 2, 1], [3, 3, 2]])
  expect(
    dpmFast()
      .plan(levels, edm())
      .steps.flatMap(({ evaluations }) => evaluations),
  ).toHaveLength(7)
})

test("as published, dpmpp-sde is k-diffusion's, step by step", async () => {
  const options = { eta: 0.5, sNoise: 1.003, r1: 0.3 }
  const noise = Array.from({ length: 12 }, (_, i) => Math.sin(3 * i + 1))
  const estimate = (x: number, sigma: number) => posteriorMean(line, Float64Array.of(x), { alpha: 1, sigma })[0]!
  const ancestralStep = (from: number, to: number) => {
    const up = options.eta * Math.sqrt((to ** 2 * (from ** 2 - to ** 2)) / from ** 2)
    return { up, down: Math.sqrt(to ** 2 - up ** 2) }
  }
  let x = 40
  const wanted = levels.slice(1).map(({ sigma: next }, i) => {
    const { sigma } = levels[i]!
    const denoised = estimate(x, sigma)
    const towards = (target: number, data: number, k: number) => {
      const { down, up } = ancestralStep(sigma, target)
      return (down / sigma) * x + (1 - down / sigma) * data + up * options.sNoise * noise[2 * i + k]!
    }
    if (next === 0) return denoised
    const middle = sigma * (next / sigma) ** options.r1
    const inner = estimate(towards(middle, denoised, 0), middle)
    const share = 1 / (2 * options.r1)
    x = towards(next, (1 - share) * denoised + share * inner, 1)
    return x
  })
  const ops = vectors()
  const events = run(dpmppSde({ ...options, reference: true }).plan(levels, edm()), Float64Array.of(40), {
    ops,
    denoise: (at, { sigma }) => ({ denoised: ops.make([estimate(at[0]!, sigma)]) }),
    noise: (_, { step, index }) => ops.make([noise[2 * step + index] ?? 0]),
  })
  for await (const { step, x: got } of events) expect(got[0]).toBeCloseTo(wanted[step]!, 9)
})

describe('the form for flow', () => {
  const sigmas = [0.95, 0.7, 0.4, 0.1, 0]
  const noise = [0.3, -1.2, 0.7, 0]
  const estimate = (x: number, sigma: number) =>
    posteriorMean(line, Float64Array.of(x), { alpha: 1 - sigma, sigma })[0]!
  const eta = 0.7

  /** ComfyUI's loop, with the deterministic part of a step given. */
  function original(part: (x: number, denoised: number, sigma: number, down: number) => number): number[] {
    let x = 1.3
    return sigmas.slice(1).map((next, i) => {
      const sigma = sigmas[i]!
      const denoised = estimate(x, sigma)
      if (next === 0) return denoised
      const down = next * (1 + (next / sigma - 1) * eta)
      const kept = (1 - next) / (1 - down)
      x = kept * part(x, denoised, sigma, down) + Math.sqrt(next ** 2 - (down * kept) ** 2) * noise[i]!
      return x
    })
  }

  test.each([
    [
      'dpmpp-2s-ancestral',
      dpmpp2sAncestral({ eta, flow: true }),
      original((x, denoised, sigma, down) => {
        // The middle in ln(sigma/(1 − sigma)).
        const ratio = Math.sqrt((sigma / (1 - sigma)) * (down / (1 - down)))
        const middle = ratio / (1 + ratio)
        const inner = estimate((middle / sigma) * x + (1 - middle / sigma) * denoised, middle)
        return (down / sigma) * x + (1 - down / sigma) * inner
      }),
    ],
    [
      'dpm-2-ancestral',
      dpm2Ancestral({ eta, flow: true }),
      original((x, denoised, sigma, down) => {
        const middle = Math.sqrt(sigma * down)
        const inner = x + (middle - sigma) * ((x - denoised) / sigma)
        return x + (down - sigma) * ((inner - estimate(inner, middle)) / middle)
      }),
    ],
  ] as const)("of %s is ComfyUI's, step by step", async (_, solver, wanted) => {
    const ops = vectors()
    const plan = solver.plan(
      sigmas.map((sigma): NoiseLevel => ({ alpha: 1 - sigma, sigma })),
      flow(),
    )
    const events = run(plan, Float64Array.of(1.3), {
      ops,
      denoise: (at, { sigma }) => ({ denoised: ops.make([estimate(at[0]!, sigma)]) }),
      noise: (_, { step }) => ops.make([noise[step]!]),
    })
    for await (const { step, x: got } of events) expect(got[0]).toBeCloseTo(wanted[step]!, 9)
  })
})
