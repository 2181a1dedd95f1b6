import type { NoiseLevel } from '@fewstep/schedules'

/** Data whose denoiser is known exactly. */
export type Mixture = {
  readonly name: string
  readonly parts: readonly {
    readonly weight: number
    readonly centre: readonly number[]
    readonly deviation: number
  }[]
}

/** Three Gaussians on a line. */
export const line: Mixture = {
  name: 'a mixture on a line',
  parts: [
    { weight: 0.3, centre: [-1.5], deviation: 0.3 },
    { weight: 0.5, centre: [0.2], deviation: 0.5 },
    { weight: 0.2, centre: [2], deviation: 0.2 },
  ],
}

/** Three Gaussians in a plane. */
export const plane: Mixture = {
  name: 'a mixture in a plane',
  parts: [
    { weight: 0.25, centre: [-1.2, 0.8], deviation: 0.4 },
    { weight: 0.45, centre: [0.3, -0.5], deviation: 0.6 },
    { weight: 0.3, centre: [1.4, 1.1], deviation: 0.3 },
  ],
}

/** The exact estimate of x0 at a level: the posterior mean under the mixture. */
export function posteriorMean({ parts }: Mixture, x: Float64Array, { alpha, sigma }: NoiseLevel): Float64Array {
  const dimensions = x.length
  const answers = parts.map(({ weight, centre, deviation }) => {
    const variance = alpha ** 2 * deviation ** 2 + sigma ** 2
    const squares = centre.reduce((sum, c, i) => sum + (x[i]! - alpha * c) ** 2, 0)
    const log = Math.log(weight) - (dimensions / 2) * Math.log(variance) - squares / (2 * variance)
    return { log, mean: centre.map((c, i) => c + ((alpha * deviation ** 2) / variance) * (x[i]! - alpha * c)) }
  })
  const top = Math.max(...answers.map(({ log }) => log))
  const total = answers.reduce((sum, { log }) => sum + Math.exp(log - top), 0)
  return x.map((_, i) => answers.reduce((sum, { log, mean }) => sum + (Math.exp(log - top) / total) * mean[i]!, 0))
}

/**
 * The exact solution of `dx̂/dρ = (x̂ − D)/ρ` (x̂ = x/alpha) from `x̂` at `rhos[0]`, at every ρ given: Runge and Kutta's
 * fourth-order method in ln ρ, with steps so small that its error is that of rounding.
 */
export function exactSolution(mixture: Mixture, start: Float64Array, rhos: readonly number[]): readonly Float64Array[] {
  const slope = (x: Float64Array, log: number): Float64Array => {
    const denoised = posteriorMean(mixture, x, { alpha: 1, sigma: Math.exp(log) })
    return x.map((value, i) => value - denoised[i]!)
  }
  const moved = (x: Float64Array, by: number, k: Float64Array) => x.map((value, i) => value + by * k[i]!)
  let x = start
  return rhos.map((rho, n) => {
    if (n === 0) return x
    const [from, to] = [Math.log(rhos[n - 1]!), Math.log(rho)]
    const count = Math.max(1, Math.ceil(Math.abs(to - from) * 1500))
    const h = (to - from) / count
    for (let i = 0; i < count; i++) {
      const at = from + i * h
      const k1 = slope(x, at)
      const k2 = slope(moved(x, h / 2, k1), at + h / 2)
      const k3 = slope(moved(x, h / 2, k2), at + h / 2)
      const k4 = slope(moved(x, h, k3), at + h)
      x = x.map((value, j) => value + (h / 6) * (k1[j]! + 2 * k2[j]! + 2 * k3[j]! + k4[j]!))
    }
    return x
  })
}
