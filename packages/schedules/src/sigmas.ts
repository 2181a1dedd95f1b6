import { needsNumber, ScheduleError } from './errors.ts'
import type { Process, Schedule } from './level.ts'
import { checkSteps, ending, levelAt, type Rounding, ratio, type Terminal } from './levels.ts'

export type SigmaOptions = {
  /** `sigma/alpha` at both ends; by default those of `within`, or of the process. */
  readonly sigmaMin?: number
  readonly sigmaMax?: number
  /** Take the ends from this schedule's first and last noisy level. */
  readonly within?: Schedule
  readonly rounding?: Rounding
  readonly terminal?: Terminal
}

/**
 * `sigma_i = (max^(1/rho) + i/(n−1)·(min^(1/rho) − max^(1/rho)))^rho` (arXiv:2206.00364, equation 5), then the end.
 *
 * @throws ScheduleError
 */
export function karras(options: SigmaOptions & { readonly rho?: number } = {}): Schedule {
  const { rho = 7 } = options
  needsNumber('karras', 'rho', rho, { above: 0 })
  return between('karras', options, (part, max, min) => {
    return (max ** (1 / rho) + part * (min ** (1 / rho) - max ** (1 / rho))) ** rho
  })
}

/**
 * Evenly in `ln sigma`: `sigma_i = exp(ln max + i/(n−1)·(ln min − ln max))`, then the end. Uniform in λ.
 *
 * @throws ScheduleError
 */
export function exponential(options: SigmaOptions = {}): Schedule {
  return between('exponential', options, (part, max, min) => max * Math.exp(part * Math.log(min / max)))
}

/**
 * `ln sigma = ln min + (1 − i/(n−1))^rho·(ln max − ln min)`, then the end (k-diffusion's `get_sigmas_polyexponential`).
 * With rho 1 it is {@link exponential}.
 *
 * @throws ScheduleError
 */
export function polyexponential(options: SigmaOptions & { readonly rho?: number } = {}): Schedule {
  const { rho = 1 } = options
  needsNumber('polyexponential', 'rho', rho, { above: 0 })
  return between(
    'polyexponential',
    options,
    (part, max, min) => min * Math.exp((1 - part) ** rho * Math.log(max / min)),
  )
}

/** A schedule whose `sigma/alpha` is a curve over fractions 0 to 1 between two ends. */
export function between(
  name: string,
  options: SigmaOptions,
  curve: (part: number, max: number, min: number) => number,
): Schedule {
  const { rounding = 'none', terminal = 'zero' } = options
  return {
    name,
    levels(steps, process) {
      checkSteps(name, steps)
      const [max, min] = ends(name, options, steps, process)
      const noisy = Array.from({ length: steps }, (_, i) => {
        return levelAt(process, i === 0 ? max : curve(i / (steps - 1), max, min), rounding)
      })
      return ending(name, noisy, terminal, process)
    },
  }
}

/** `sigma/alpha` where a schedule begins and where its noisy levels end. */
export function ends(name: string, options: SigmaOptions, steps: number, process: Process): readonly [number, number] {
  const grid = options.within?.levels(steps, process).filter(level => level.sigma > 0)
  const {
    sigmaMax = ratio(grid?.[0] ?? process.level(process.last)),
    sigmaMin = ratio(grid?.[Math.min(steps, grid.length) - 1] ?? process.level(process.first)),
  } = options
  const one = steps === 1 && sigmaMin === sigmaMax
  if ((sigmaMin > 0 && sigmaMax > sigmaMin && Number.isFinite(sigmaMax)) || one) return [sigmaMax, sigmaMin]
  throw new ScheduleError(
    name,
    `needs 0 < sigmaMin < sigmaMax < infinity, got ${sigmaMin} and ${sigmaMax}; give sigmaMin and sigmaMax`,
  )
}
