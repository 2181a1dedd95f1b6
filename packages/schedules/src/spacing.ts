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
      return round ? roundHalfEven(t) : t
    })
  })
}

function spaced(name: string, end: Terminal, timesteps: (steps: number, total: number) => readonly number[]): Schedule {
  return {
    name,
    levels(steps, process) {
      const total = process.last - process.first + 1
      checkSteps(name, steps, total)
      const levels: NoiseLevel[] = timesteps(steps, total).map(t =>
        process.level(Math.min(t + process.first, process.last)),
      )
      return [...levels, terminal(end, process)]
    },
  }
}

/** As numpy rounds. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x)
  return x - floor === 0.5 ? floor + (floor % 2) : Math.round(x)
}
