import { ProcessError } from './errors.ts'
import type { NoiseLevel, Process } from './level.ts'

/** A process that is defined at whole timesteps, as for models that are trained with `betas`. */
export type DiscreteProcess = Process & {
  /** `ᾱ_t = Π (1 − β_s)`, each rounded to float32, as the libraries of the models keep it. */
  readonly alphasCumprod: readonly number[]
}

/**
 * A variance preserving process from its table `ᾱ_t`: `alpha = √ᾱ`, `sigma = √(1 − ᾱ)`, timesteps `0 … length − 1`.
 *
 * Between two timesteps `ln(sigma/alpha)` is linear in the timestep (next to a level without signal, `alpha` is).
 * `timestep()` depends on `sigma/alpha` alone, so it accepts levels of any frame; outside the table it returns the nearest end.
 *
 * @throws ProcessError where the table is empty, leaves [0, 1] or does not fall
 */
export function discrete(alphasCumprod: readonly number[]): DiscreteProcess {
  if (alphasCumprod.length < 2)
    throw new ProcessError('discrete', 'at least two values of ᾱ', `${alphasCumprod.length}`)
  alphasCumprod.forEach((value, t) => {
    const falls = t === 0 ? value < 1 : value < alphasCumprod[t - 1]!
    if (!(falls && value >= 0))
      throw new ProcessError('discrete', 'ᾱ falling from below 1 to at least 0', `${value} at timestep ${t}`)
  })
  const logs = alphasCumprod.map(value => Math.log((1 - value) / value) / 2)
  const last = alphasCumprod.length - 1
  return {
    alphasCumprod,
    first: 0,
    last,
    level(timestep) {
      if (!(timestep >= 0 && timestep <= last)) {
        throw new ProcessError('discrete', `a timestep from 0 to ${last}`, `${timestep}`)
      }
      const low = Math.min(Math.floor(timestep), last - 1)
      const part = timestep - low
      if (part === 0 || part === 1) return fromAlphaBar(alphasCumprod[low + part]!, timestep)
      if (alphasCumprod[low + 1] === 0) return fromAlphaBar(alphasCumprod[low]! * (1 - part) ** 2, timestep)
      const rho = Math.exp(logs[low]! + part * (logs[low + 1]! - logs[low]!))
      return { ...fromRho(rho), timestep }
    },
    timestep({ alpha, sigma }) {
      if (!(alpha >= 0 && sigma >= 0 && alpha + sigma > 0)) {
        throw new ProcessError(
          'discrete',
          'a noise level with alpha and sigma of at least 0',
          `alpha ${alpha}, sigma ${sigma}`,
        )
      }
      const log = Math.log(sigma) - Math.log(alpha)
      if (log <= logs[0]!) return 0
      if (log >= logs[last]!) return last
      let low = 0
      let high = last
      while (high - low > 1) {
        const middle = (low + high) >> 1
        if (logs[middle]! <= log) low = middle
        else high = middle
      }
      if (alphasCumprod[high] === 0) return high - alpha / Math.hypot(alpha, sigma) / Math.sqrt(alphasCumprod[low]!)
      return low + (log - logs[low]!) / (logs[high]! - logs[low]!)
    },
  }
}

function fromAlphaBar(value: number, timestep: number): NoiseLevel {
  return { alpha: Math.sqrt(value), sigma: Math.sqrt(1 - value), timestep }
}

function fromRho(rho: number): NoiseLevel {
  const alpha = 1 / Math.hypot(1, rho)
  return { alpha, sigma: rho * alpha }
}
