import type { NoiseLevel, Process, Schedule } from './level.ts'
import { roundHalfEven } from './spacing.ts'
import { checkSteps, type Terminal, terminal } from './terminal.ts'

export type SigmaOptions = {
  /** The largest and the smallest sigma/alpha; the process's own where absent. */
  readonly max?: number
  readonly min?: number
  readonly end?: Terminal
  /** Tell the network whole timesteps, as diffusers' DPM-Solver does; the levels stay as they are. */
  readonly round?: boolean
  /** Take `max` and `min` from another schedule's levels, as diffusers' Euler and Heun do. */
  readonly within?: Schedule
}

/** `(max^{1/ρ} + i/(n−1)·(min^{1/ρ} − max^{1/ρ}))^ρ` in sigma/alpha (arXiv 2206.00364 eq. 5). */
export function karras(options: SigmaOptions & { readonly rho?: number } = {}): Schedule {
  const { rho = 7 } = options
  return fromSigmas(
    'karras',
    options,
    (max, min, u) => (max ** (1 / rho) + u * (min ** (1 / rho) - max ** (1 / rho))) ** rho,
  )
}

/** Uniform in `ln(sigma/alpha)`. */
export function exponential(options: SigmaOptions = {}): Schedule {
  return fromSigmas('exponential', options, (max, min, u) =>
    Math.exp(Math.log(max) + u * (Math.log(min) - Math.log(max))),
  )
}

/** Sigmas of a published schedule, noisiest first. */
export type AlignYourStepsTable = { readonly name: string; readonly sigmas: readonly number[] }

/** Align Your Steps (arXiv 2404.14507): the published ten-step tables. */
export const sd15: AlignYourStepsTable = table(
  'sd15',
  [14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029],
)
export const sdxl: AlignYourStepsTable = table(
  'sdxl',
  [14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.38, 0.234, 0.113, 0.029],
)
export const deepFloyd: AlignYourStepsTable = table(
  'deepfloyd',
  [160.41, 8.081, 3.315, 1.885, 1.207, 0.785, 0.553, 0.293, 0.186, 0.03, 0.006],
)
export const svd: AlignYourStepsTable = table(
  'svd',
  [700, 54.5, 15.886, 7.977, 4.248, 1.789, 0.981, 0.403, 0.173, 0.034, 0.002],
)

/**
 * Align Your Steps: the table for ten steps, resampled for any other number by linear interpolation of `ln sigma` over
 * the step index (arXiv 2404.14507 §3.3), to `steps + 1` sigmas of which the last is replaced as `end` says: `zero` as
 * ComfyUI does, or `table` to keep the table's own smallest sigma.
 */
export function alignYourSteps(
  from: AlignYourStepsTable,
  options: { readonly end?: Terminal | 'table' } = {},
): Schedule {
  const { end = 'zero' } = options
  const name = `ays-${from.name}`
  return {
    name,
    levels(steps, process) {
      checkSteps(name, steps)
      const logs = from.sigmas.map(Math.log)
      const sigmas = Array.from({ length: steps + 1 }, (_, i) => {
        const at = (i / steps) * (logs.length - 1)
        const low = Math.min(Math.floor(at), logs.length - 2)
        return Math.exp(logs[low]! + (at - low) * (logs[low + 1]! - logs[low]!))
      })
      const kept = sigmas.slice(0, -1).map(sigma => levelOf(sigma, process))
      return [...kept, end === 'table' ? levelOf(sigmas.at(-1)!, process) : terminal(end, process)]
    },
  }
}

function table(name: string, sigmas: readonly number[]): AlignYourStepsTable {
  return { name, sigmas }
}

function fromSigmas(
  name: string,
  options: SigmaOptions,
  sigma: (max: number, min: number, u: number) => number,
): Schedule {
  const { end = 'zero', round = false, within } = options
  return {
    name,
    levels(steps, process) {
      checkSteps(name, steps)
      const ends = within?.levels(steps, process).slice(0, -1) ?? [
        process.level(process.last),
        process.level(process.first),
      ]
      const max = options.max ?? rhoOf(ends[0]!)
      const min = options.min ?? rhoOf(ends.at(-1)!)
      if (!(min > 0 && max >= min && Number.isFinite(max))) throw new SigmaRangeError(name, min, max)
      const levels = Array.from({ length: steps }, (_, i) =>
        levelOf(sigma(max, min, steps === 1 ? 0 : i / (steps - 1)), process, round),
      )
      return [...levels, terminal(end, process)]
    },
  }
}

const rhoOf = ({ alpha, sigma }: NoiseLevel): number => sigma / alpha

/** The level of a sigma/alpha in the process's own frame, which its neighbouring timestep shows. */
function levelOf(rho: number, process: Process, round = false): NoiseLevel {
  const timestep = process.timestep({ alpha: 1, sigma: rho })
  const near = process.level(timestep)
  // alpha and sigma of this very rho, scaled as the process scales: VP by √(α² + σ²), flow by α + σ, EDM by α.
  const [a, s] = [near.alpha, near.sigma]
  const isFlow = Math.abs(a + s - 1) < 1e-9
  const scale = isFlow ? 1 / (1 + rho) : Math.abs(a * a + s * s - 1) < 1e-9 ? 1 / Math.sqrt(1 + rho * rho) : 1
  return { alpha: scale, sigma: rho * scale, timestep: round ? roundHalfEven(timestep) : timestep }
}

export class SigmaRangeError extends Error {
  override readonly name = 'Schedules.SigmaRangeError'
  constructor(schedule: string, min: number, max: number) {
    super(`${schedule}: sigmas must satisfy 0 < min <= max < infinity, got min ${min} and max ${max}; pass {min, max}`)
  }
}
