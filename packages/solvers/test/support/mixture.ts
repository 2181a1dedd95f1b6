import type { NoiseLevel } from '@fewstep/schedules'

/** Three Gaussians on a line: weight, centre, width. */
const mixture = [
  [0.3, -1.5, 0.3],
  [0.5, 0.2, 0.5],
  [0.2, 2, 0.2],
] as const

/** The exact estimate of x0 at a level: the posterior mean under the mixture. */
export function exact(x: number, { alpha, sigma }: NoiseLevel): number {
  const parts = mixture.map(([weight, centre, width]) => {
    const variance = alpha ** 2 * width ** 2 + sigma ** 2
    const log = Math.log(weight / Math.sqrt(variance)) - (x - alpha * centre) ** 2 / (2 * variance)
    return { log, mean: centre + ((alpha * width ** 2) / variance) * (x - alpha * centre) }
  })
  const top = Math.max(...parts.map(({ log }) => log))
  const total = parts.reduce((sum, { log }) => sum + Math.exp(log - top), 0)
  return parts.reduce((sum, { log, mean }) => sum + (Math.exp(log - top) / total) * mean, 0)
}
