import { edm, flow, flowUniform, karras, leading, type NoiseLevel, scaledLinear } from '@fewstep/schedules'
import {
  ddim,
  ddpm,
  dpmpp2m,
  dpmpp2mCfgPp,
  euler,
  eulerAncestral,
  eulerAncestralCfgPp,
  eulerCfgPp,
  gradientEstimation,
  type Plan,
  run,
  type Solver,
} from '@fewstep/solvers'
import { describe, expect, test } from 'vitest'
import { solve, solverContract } from './support/contract.ts'
import { provesMoments } from './support/moments.ts'
import { provesOrder } from './support/order.ts'
import { vectors } from './support/vectors.ts'

const late = { from: 320, to: 640 }
provesOrder([
  { name: 'flow euler-ancestral, eta 0', solver: eulerAncestral({ eta: 0, flow: true }) },
  { solver: gradientEstimation() },
  { ...late, name: 'gradient-estimation, gamma 1.5', solver: gradientEstimation({ gamma: 1.5 }), exact: 1 },
  { solver: eulerCfgPp() },
  { name: 'euler-ancestral-cfg-pp, eta 0', solver: eulerAncestralCfgPp({ eta: 0 }) },
  { solver: dpmpp2mCfgPp(), exact: 2 },
])
provesMoments([
  { name: 'ddpm', solver: ddpm(), order: 1 },
  { name: 'ddpm, large variance', solver: ddpm({ variance: 'fixed_large' }), order: 1 },
  { name: 'ddpm, exploding variance', solver: ddpm({ variance: 'exploding' }), order: 1 },
  { name: 'flow euler-ancestral, eta 0.5', solver: eulerAncestral({ eta: 0.5, flow: true }), order: 1 },
  { name: 'flow euler-ancestral, eta 1', solver: eulerAncestral({ flow: true }), order: 1 },
  { name: 'euler-ancestral-cfg-pp, eta 0.5', solver: eulerAncestralCfgPp({ eta: 0.5 }), order: 1 },
])
solverContract('flow euler-ancestral', eulerAncestral({ flow: true }), { stochastic: true })
solverContract('ddpm, large variance', ddpm({ variance: 'fixed_large' }), { stochastic: true })
solverContract('gradient-estimation, gamma 1.5', gradientEstimation({ gamma: 1.5 }))

const process = scaledLinear()
const levels = leading({ offset: 1 }).levels(8, process)
const end = async (solver: Solver, at: readonly NoiseLevel[] = levels) => (await solve(solver, at, { process })).x

/** Each step's weights without the kind of its slots. */
const weights = ({ steps }: Plan) => steps.map(({ output }) => output.map(({ weight }) => weight))
const close = (plan: Plan) => weights(plan).map(step => step.map(weight => expect.closeTo(weight, 12)))

describe('ddpm', () => {
  test('with the small variance it is DDIM of eta 1', async () => {
    const [a, b] = [ddpm().plan(levels), ddim({ eta: 1 }).plan(levels)]
    expect(weights(a)).toEqual(close(b))
    expect(ddpm({ variance: 'fixed_small_log' }).plan(levels)).toEqual(a)
  })

  test('has the mean and the large variance of arXiv 2006.11239', () => {
    for (const [variance, bar] of [
      ['fixed_small', (beta: number, from: number, to: number) => (beta * (1 - to)) / (1 - from)],
      ['fixed_large', (beta: number) => beta],
      ['fixed_large_log', (beta: number) => beta],
    ] as const) {
      const { steps } = ddpm({ variance }).plan(levels)
      for (const { from, to, output } of steps.slice(0, -1)) {
        const [a, b] = [from.alpha ** 2, to.alpha ** 2]
        const beta = 1 - a / b
        const [ofX, ofData, ofDraw] = output.map(({ weight }) => weight)
        expect(ofX).toBeCloseTo((Math.sqrt(1 - beta) * (1 - b)) / (1 - a), 12)
        expect(ofData).toBeCloseTo((Math.sqrt(b) * beta) / (1 - a), 12)
        expect(ofDraw).toBeCloseTo(Math.sqrt(bar(beta, a, b)), 12)
      }
      expect(steps.at(-1)!.draws).toEqual([])
    }
  })

  test('another variance is an error', () => {
    expect(() => ddpm({ variance: 'learned' as 'fixed_small' })).toThrow(
      'ddpm: variance must be one of fixed_small, fixed_small_log, fixed_large, fixed_large_log, exploding, got learned',
    )
  })
})

describe('euler-ancestral', () => {
  test('the flow form is that of rectified flow', () => {
    const levels = flowUniform({ shift: 3 }).levels(6, flow())
    const eta = 0.6
    const { steps } = eulerAncestral({ eta, flow: true, sNoise: 1.1 }).plan(levels)
    for (const { from, to, output } of steps.slice(0, -1)) {
      const down = to.sigma * (1 + (to.sigma / from.sigma - 1) * eta)
      const back = (1 - to.sigma) / (1 - down)
      const [ofX, ofData, ofDraw] = output.map(({ weight }) => weight)
      expect(ofX).toBeCloseTo((back * down) / from.sigma, 12)
      expect(ofData).toBeCloseTo(back * (1 - down / from.sigma), 12)
      expect(ofDraw).toBeCloseTo(1.1 * Math.sqrt(to.sigma ** 2 - (down * back) ** 2), 12)
    }
  })

  test('both forms at eta 0 are Euler, and draw with weight 0', async () => {
    const expected = await end(euler())
    for (const flow of [false, true]) expect(await end(eulerAncestral({ eta: 0, flow }))).toBeCloseTo(expected, 12)
  })

  test.each([-0.1, 1.1, Number.NaN])('eta %d is an error', eta => {
    expect(() => eulerAncestral({ eta })).toThrow(/eta must be a number from 0 to 1/)
    expect(() => eulerAncestralCfgPp({ eta })).toThrow(/eta must be a number from 0 to 1/)
  })
})

describe('gradient estimation', () => {
  test('with gamma 1 it is Euler', async () => {
    expect(await end(gradientEstimation({ gamma: 1 }))).toBeCloseTo(await end(euler()), 12)
  })

  test('extrapolates the noise by gamma', () => {
    const levels = [4, 2, 1, 0].map(sigma => ({ alpha: 1, sigma }))
    const { steps } = gradientEstimation().plan(levels)
    expect(weights({ steps })).toEqual([
      [1, -2],
      [1, -2, 1],
      // To sigma 0: the estimate itself.
      [1],
    ])
    expect(() => gradientEstimation({ gamma: -1 })).toThrow(/gamma must be a number from 0/)
  })
})

describe('CFG++', () => {
  test.each([
    ['euler', eulerCfgPp(), euler(), levels],
    ['euler-ancestral', eulerAncestralCfgPp(), eulerAncestral(), levels],
    ['dpmpp-2m', dpmpp2mCfgPp(), dpmpp2m({ lowerOrderFinal: false }), levels],
    ['dpmpp-2m', dpmpp2mCfgPp(), dpmpp2m({ lowerOrderFinal: false }), karras().levels(9, edm())],
  ])('%s without guidance is itself', async (_, guided, plain, levels) => {
    expect(await end(guided, levels)).toBeCloseTo(await end(plain, levels), 11)
  })

  /** The formulas in the frame of alpha 1, on denoisers that differ. */
  const guidedAt = (x: number, sigma: number) => x / (1 + sigma ** 2) + 0.3
  const unguidedAt = (x: number, sigma: number) => (0.5 * x) / (1 + sigma ** 2) - 0.1
  const sigmas = [8, 3, 1.2, 0.4, 0]
  const ends = async (solver: Solver, frame: (sigma: number) => NoiseLevel) => {
    const ops = vectors()
    const levels = sigmas.map(frame)
    const estimate =
      (f: typeof guidedAt) =>
      (x: Float64Array, { alpha, sigma }: NoiseLevel) =>
        ops.make(x.map(value => f(value / alpha, sigma / alpha)))
    const events = run(solver.plan(levels), Float64Array.of(8 * levels[0]!.alpha), {
      ops,
      denoise: (x, level) => ({
        denoised: estimate(guidedAt)(x, level),
        unconditional: estimate(unguidedAt)(x, level),
      }),
      noise: () => ops.make([0.7]),
    })
    const out: number[] = []
    for await (const { x, level } of events) out.push(x[0]! / level.alpha)
    return out
  }
  const frames: readonly ((sigma: number) => NoiseLevel)[] = [
    sigma => ({ alpha: 1, sigma }),
    sigma => ({ alpha: 1 / Math.hypot(1, sigma), sigma: sigma / Math.hypot(1, sigma) }),
    sigma => ({ alpha: 1 / (1 + sigma), sigma: sigma / (1 + sigma) }),
  ]

  test.each(frames.map((frame, i) => [['VE', 'VP', 'flow'][i], frame] as const))(
    'is as published in the %s frame',
    async (_, frame) => {
      let x = 8
      const euler = sigmas.slice(1).map((next, i) => {
        const noise = (x - unguidedAt(x, sigmas[i]!)) / sigmas[i]!
        x = guidedAt(x, sigmas[i]!) + next * noise
        return expect.closeTo(x, 12)
      })
      expect(await ends(eulerCfgPp(), frame)).toEqual(euler)
      x = 8
      const ancestral = sigmas.slice(1).map((next, i) => {
        const up = 0.5 * next * Math.sqrt(1 - (next / sigmas[i]!) ** 2)
        const noise = (x - unguidedAt(x, sigmas[i]!)) / sigmas[i]!
        x = guidedAt(x, sigmas[i]!) + Math.sqrt(next ** 2 - up ** 2) * noise + 0.7 * up
        return expect.closeTo(x, 12)
      })
      expect(await ends(eulerAncestralCfgPp({ eta: 0.5 }), frame)).toEqual(ancestral)
      x = 8
      let old: number | undefined
      const multistep = sigmas.slice(1).map((next, i) => {
        const [guided, unguided] = [guidedAt(x, sigmas[i]!), unguidedAt(x, sigmas[i]!)]
        const [h, before] = [Math.log(sigmas[i]! / next), Math.log(sigmas[i - 1]! / sigmas[i]!)]
        const mix = old === undefined || next === 0 ? 0 : -Math.expm1(-h) * (h / (2 * before)) * (guided - old)
        x = guided - Math.exp(-h) * unguided + mix + Math.exp(-h) * x
        old = unguided
        return expect.closeTo(x, 12)
      })
      expect(await ends(dpmpp2mCfgPp(), frame)).toEqual(multistep)
    },
  )
})
