import type { NoiseLevel } from '@fewstep/schedules'
import { run, type Solver } from '@fewstep/solvers'
import { describe, expect, test } from 'vitest'
import { type Frame, frames, grids } from './frames.ts'

/** A weighted sum of vectors that end with their last share that is not 0: those of early steps are short. */
function combine(terms: readonly (readonly [weight: number, vector: Float64Array])[]): Float64Array {
  const total = new Float64Array(Math.max(...terms.map(([, vector]) => vector.length)))
  for (const [weight, vector] of terms) for (let i = 0; i < vector.length; i++) total[i]! += weight * vector[i]!
  return total
}

/**
 * Mean and variance of a stochastic plan's result on Gaussian data, without drawing anything: on such data the denoiser is
 * linear, so each tensor is a constant, a share of the start and a share of each draw, and the plan is run on these numbers.
 */
export async function moments(
  solver: Solver,
  options: {
    readonly frame: Frame
    readonly rhos: readonly number[]
    readonly mean: number
    readonly deviation: number
    /** The denoiser `D = share·x + rest`, where it is not the exact one. */
    readonly denoiser?: (level: NoiseLevel) => { readonly share: number; readonly rest: number }
  },
): Promise<{ readonly mean: number; readonly variance: number; readonly start: number }> {
  const { frame, rhos, mean, deviation } = options
  const levels = rhos.map(rho => frame.at(rho))
  const plan = solver.plan(levels, frame.process)
  const unit = (index: number) => {
    const vector = new Float64Array(index + 1)
    vector[index] = 1
    return vector
  }
  const exact = ({ alpha, sigma }: NoiseLevel) => {
    const variance = alpha ** 2 * deviation ** 2 + sigma ** 2
    return { share: (alpha * deviation ** 2) / variance, rest: (sigma ** 2 * mean) / variance }
  }
  const denoised = (x: Float64Array, level: NoiseLevel) => {
    const { share, rest } = (options.denoiser ?? exact)(level)
    const result = combine([[share, x]])
    result[0]! += rest
    return result
  }
  let drawn = 0
  const events = run(plan, unit(1), {
    ops: { combine },
    denoise: (x, level, { views }) => ({
      denoised: denoised(x, level),
      ...(views.has('unconditional') ? { unconditional: denoised(x, level) } : {}),
    }),
    noise: () => unit(2 + drawn++),
  })
  for (;;) {
    const { value, done } = await events.next()
    if (!done) continue
    const [first, last] = [levels[0]!, levels.at(-1)!]
    const [constant, start, ...noises] = value
    const variance = start! ** 2 * (first.alpha ** 2 * deviation ** 2 + first.sigma ** 2)
    return {
      mean: (constant! + start! * first.alpha * mean) / last.alpha,
      variance: (variance + noises.reduce((sum, share) => sum + share ** 2, 0)) / last.alpha ** 2,
      start: start!,
    }
  }
}

/** A stochastic solver, and the weak order that is claimed for it. */
export type WeakClaim = {
  readonly name?: string
  readonly solver: Solver
  readonly order: number
  readonly from?: number
  readonly to?: number
}

/**
 * Tests that mean and variance on Gaussian data converge to the exact marginal's with the claimed weak order at least, and
 * one of them with no more than half an order above it.
 */
export function provesMoments(claims: readonly WeakClaim[]): void {
  describe.each(claims.map(claim => [claim.name ?? claim.solver.name, claim.order, claim] as const))(
    '%s has weak order %d',
    (_, order, { solver, from = 80, to = 320 }) => {
      test.each(frames.map(frame => [frame.name, frame] as const))('in the %s frame', async (_, frame) => {
        for (const grid of grids) {
          const [mean, deviation] = [0.8, 0.6]
          const errors = async (steps: number) => {
            const rhos = grid.rhos(steps)
            const got = await moments(solver, { frame, rhos, mean, deviation })
            const end = rhos.at(-1)!
            return [got.mean - mean, got.variance - (deviation ** 2 + end ** 2)].map(Math.abs)
          }
          const [coarse, fine] = [await errors(from), await errors(to)]
          // An error at the level of rounding has no slope.
          const slopes = coarse.flatMap((error, i) =>
            fine[i]! < 1e-12 ? [] : [Math.log2(error / fine[i]!) / Math.log2(to / from)],
          )
          const lowest = Math.min(...slopes)
          expect(lowest, `${grid.name} grid: slopes ${slopes}`).toBeGreaterThan(order - 0.25)
          expect(lowest, `${grid.name} grid: slopes ${slopes}`).toBeLessThan(order + 0.5)
        }
      })
    },
  )
}
