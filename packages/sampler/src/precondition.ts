import { checkNumber } from '@fewstep/errors'
import { iddpmSigmas } from '@fewstep/schedules'
import type { TensorOps } from '@fewstep/tensor'
import { GuidanceError } from './guidance-error.ts'
import type { Network, Preconditioning } from './network.ts'

/** `D = skip·x̂ + out·F(in·x̂; noise)` with `x̂ = x/alpha`, all functions of `ρ = sigma/alpha` (arXiv 2206.00364 eq. 7). */
export type Coefficients = {
  skip(rho: number): number
  out(rho: number): number
  in(rho: number): number
  /** The model's input in place of a timestep. */
  noise(rho: number): number
}

/** EDM's preconditioning (arXiv 2206.00364 table 1), for data of standard deviation `sigmaData`. @throws GuidanceError unless it is above 0 */
export function edmCoefficients(options: { readonly sigmaData?: number } = {}): Coefficients {
  const { sigmaData = 0.5 } = options
  checkNumber(sigmaData, { above: 0 }, expected => new GuidanceError('sigmaData', expected, sigmaData))
  return {
    skip: rho => sigmaData ** 2 / (rho ** 2 + sigmaData ** 2),
    out: rho => (rho * sigmaData) / Math.hypot(rho, sigmaData),
    in: rho => 1 / Math.hypot(rho, sigmaData),
    noise: rho => Math.log(rho) / 4,
  }
}

/** The preconditioning of score SDE's variance preserving models: `noise = (steps − 1)·t`, `ρ² = e^(betaD·t²/2 + betaMin·t) − 1`. */
export function vpCoefficients(
  options: { readonly betaD?: number; readonly betaMin?: number; readonly steps?: number } = {},
): Coefficients {
  const { betaD = 19.9, betaMin = 0.1, steps = 1000 } = options
  for (const [name, value] of Object.entries({ betaD, betaMin, steps }))
    checkNumber(value, { above: 0 }, expected => new GuidanceError(name, expected, value))
  return {
    ...variancePreserving,
    noise: rho => ((steps - 1) * (Math.sqrt(betaMin ** 2 + 2 * betaD * Math.log1p(rho ** 2)) - betaMin)) / betaD,
  }
}

/** The preconditioning of score SDE's variance exploding models: `noise = ln(ρ/2)`. */
export function veCoefficients(): Coefficients {
  return { skip: () => 1, out: rho => rho, in: () => 1, noise: rho => Math.log(rho / 2) }
}

/** The preconditioning of improved DDPM: `noise = 999 − j`, where j is the nearest of its 1000 levels. */
export function iddpmCoefficients(): Coefficients {
  const sigmas = iddpmSigmas()
  const nearest = (rho: number): number =>
    sigmas.reduce((best, sigma, j) => (Math.abs(sigma - rho) < Math.abs(sigmas[best]! - rho) ? j : best), 0)
  return { ...variancePreserving, noise: rho => sigmas.length - 2 - nearest(rho) }
}

const variancePreserving = {
  skip: () => 1,
  out: (rho: number) => -rho,
  in: (rho: number) => 1 / Math.hypot(1, rho),
} as const

/**
 * Wraps a raw model F in a preconditioning. The returned network gives F the inputs `in·x/alpha` and `noise`, for any scaling of
 * x. The returned prediction tells `denoiser` the meaning of F's output.
 *
 * The network throws a GuidanceError at a level without signal.
 *
 * @example denoiser(wrapped.network, { prediction: wrapped.prediction, process, condition, ops })
 */
export function precondition<T, C>(
  network: Network<T, C>,
  coefficients: Coefficients,
  { ops }: { readonly ops: TensorOps<T> },
): { readonly network: Network<T, C>; readonly prediction: Preconditioning } {
  return {
    async network(question) {
      const { alpha, sigma } = question.level
      if (alpha === 0) throw new GuidanceError('level', 'one with some signal (alpha above 0)', alpha)
      const scaled = await ops.combine([[coefficients.in(sigma / alpha) / alpha, question.x]])
      try {
        return await network({ ...question, x: scaled, timestep: coefficients.noise(sigma / alpha) })
      } finally {
        ops.dispose?.(scaled)
      }
    },
    prediction: ({ alpha, sigma }) => [coefficients.skip(sigma / alpha) / alpha, coefficients.out(sigma / alpha)],
  }
}
