import type { NoiseLevel, Process, Schedule } from './level.ts'
import { checkSteps, type Terminal, terminal } from './terminal.ts'

export type SpacingOptions = {
  /** Added to every timestep (Stable Diffusion's configuration says 1 for `leading`). */
  readonly offset?: number
  /** Where the run ends; see {@link Terminal}. */
  readonly end?: Terminal
  /** Divide by `steps` (DDIM, PNDM, Euler in diffusers) or by `steps + 1` (its DPM-Solver), keeping the noisiest. */
  readonly intervals?: 'steps' | 'steps+1'
}

/** `i·⌊T/n⌋ + offset` (arXiv 2305.08891 table 2): never starts at the noisiest timestep. */
export function leading(options: SpacingOptions = {}): Schedule {
  const { offset = 0, end = 'zero', intervals = 'steps' } = options
  return spaced('leading', end, (steps, total) => {
    const extra = intervals === 'steps' ? 0 : 1
    const ratio = Math.floor(total / (steps + extra))
    return Array.from({ length: steps }, (_, i) => (steps - 1 - i + extra) * ratio + offset)
  })
}

/** `round(T − i·T/n) − 1` (ibid.): starts at the noisiest timestep. */
export function trailing(options: Pick<SpacingOptions, 'end'> = {}): Schedule {
  return spaced('trailing', options.end ?? 'zero', (steps, total) =>
    Array.from({ length: steps }, (_, i) => roundHalfEven(total - (i * total) / steps) - 1),
  )
}

/** Uniform from the noisiest timestep to 0, rounded unless `round` is false (ibid.). */
export function linspace(options: SpacingOptions & { readonly round?: boolean } = {}): Schedule {
  const { end = 'zero', intervals = 'steps', round = true } = options
  return spaced('linspace', end, (steps, total) => {
    const gaps = intervals === 'steps' ? steps - 1 : steps
    return Array.from({ length: steps }, (_, i) => {
      const t = gaps === 0 ? 0 : ((total - 1) * (gaps - i)) / gaps
      return round ? roundHalfEven(t) : Math.fround(t)
    })
  })
}

function spaced(name: string, end: Terminal, timesteps: (steps: number, total: number) => readonly number[]): Schedule {
  return {
    name,
    levels(steps, process) {
      const total = process.last - process.first + 1
      checkSteps(name, steps, total)
      const levels = timesteps(steps, total).map(t => between(process, Math.min(t + process.first, process.last)))
      const clean = terminal(end, process)
      const last = levels.at(-1)!
      // A last step from a level to itself would do nothing: it is left out.
      const idle = levels.length > 1 && last.sigma * clean.alpha === clean.sigma * last.alpha
      return [...(idle ? levels.slice(0, -1) : levels), clean]
    },
  }
}

/** Between two timesteps `sigma/alpha` is interpolated linearly, as diffusers' Euler does, where it is finite. */
function between(process: Process, timestep: number): NoiseLevel {
  const low = Math.floor(timestep)
  if (timestep === low || low + 1 > process.last || low < process.first) return process.level(timestep)
  const [a, b] = [process.level(low), process.level(low + 1)]
  if (a.alpha === 0 || b.alpha === 0) return process.level(timestep)
  const rho = a.sigma / a.alpha + (timestep - low) * (b.sigma / b.alpha - a.sigma / a.alpha)
  return { ...process.level(process.timestep({ alpha: 1, sigma: rho })), timestep }
}

/** As numpy rounds. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x)
  return x - floor === 0.5 ? floor + (floor % 2) : Math.round(x)
}
