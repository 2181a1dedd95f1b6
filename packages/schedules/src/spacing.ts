import { ScheduleError } from './errors.ts'
import type { NoiseLevel, Process, Schedule } from './level.ts'
import { checkSteps, ending, ratio, roundHalfEven, type Terminal } from './levels.ts'

export type SpacingOptions = {
  /** Added to each timestep (needed with `leading`: Stable Diffusion uses 1). */
  readonly offset?: number
  /** Divide into `steps + 1` parts and leave out the cleanest level, as diffusers' multistep DPM-Solvers do. */
  readonly extra?: boolean
  /** Round timesteps to whole numbers, halves to even. */
  readonly round?: boolean
  readonly terminal?: Terminal
}

/**
 * Timesteps `i·⌊T/steps⌋ + offset` (arXiv:2305.08891, table 2), `T` the number of training steps.
 *
 * @throws ScheduleError where `steps` is not a whole number from 1 to T, or the offset exceeds the timesteps of the process
 */
export function leading(options: SpacingOptions = {}): Schedule {
  const { offset = 0, extra = false, terminal = 'zero' } = options
  return spacing('leading', terminal, (steps, process) => {
    const parts = steps + (extra ? 1 : 0)
    const stride = Math.floor((process.last - whole(process.first) + 1) / parts)
    if (stride < 1)
      throw new ScheduleError('leading', `has ${process.last + 1} timesteps for ${steps} steps; take fewer steps`)
    return Array.from({ length: steps }, (_, i) => (parts - 1 - i) * stride + offset)
  })
}

/**
 * Timesteps `T − i·T/steps − 1 + offset`, rounded: it begins at the noisiest (arXiv:2305.08891, table 2).
 *
 * @throws ScheduleError
 */
export function trailing(options: Omit<SpacingOptions, 'extra'> = {}): Schedule {
  const { offset = 0, round = true, terminal = 'zero' } = options
  return spacing('trailing', terminal, (steps, process) => {
    const total = process.last - whole(process.first) + 1
    return Array.from({ length: steps }, (_, i) => {
      const value = total - i * (total / steps)
      return (round ? roundHalfEven(value) : value) - 1 + offset
    })
  })
}

/**
 * Evenly from the noisiest timestep to 0, both included (arXiv:2305.08891, table 2); one step alone begins at the noisiest.
 *
 * At timesteps that are not whole (`round: false`), `sigma/alpha` is linear between its neighbours, in float32 timesteps.
 *
 * @throws ScheduleError
 */
export function linspace(options: Omit<SpacingOptions, 'offset'> = {}): Schedule {
  const { extra = false, round = true, terminal = 'zero' } = options
  return spacing('linspace', terminal, (steps, process) => {
    const parts = steps - 1 + (extra ? 1 : 0)
    const first = whole(process.first)
    return Array.from({ length: steps }, (_, i) => {
      if (i === 0) return process.last
      const value = first + (parts - i) * ((process.last - first) / parts)
      return round ? roundHalfEven(value) : Math.fround(value)
    })
  })
}

/**
 * Timesteps `T − 1 − ⌊i·T/steps⌋`, `T` the number of training steps: ComfyUI's `simple`.
 *
 * @throws ScheduleError
 */
export function simple(options: { readonly terminal?: Terminal } = {}): Schedule {
  const { terminal = 'zero' } = options
  return spacing('simple', terminal, (steps, process) => {
    const total = process.last - whole(process.first) + 1
    return Array.from({ length: steps }, (_, i) => process.last - Math.floor((i * total) / steps))
  })
}

/**
 * Timesteps evenly from the noisiest to the cleanest in `steps + 1` parts, unrounded, the cleanest left out: ComfyUI's
 * `sgm_uniform`.
 *
 * @throws ScheduleError
 */
export function sgmUniform(options: { readonly terminal?: Terminal } = {}): Schedule {
  const { terminal = 'zero' } = options
  return {
    name: 'sgmUniform',
    levels(steps, process) {
      checkSteps('sgmUniform', steps)
      const { first, last } = process
      const noisy = Array.from({ length: steps }, (_, i) => process.level(last + (i / steps) * (first - last)))
      return ending('sgmUniform', noisy, terminal, process)
    },
  }
}

/** A schedule of timesteps. */
export function spacing(
  name: string,
  terminal: Terminal,
  timesteps: (steps: number, process: Process) => readonly number[],
): Schedule {
  return {
    name,
    levels(steps, process) {
      checkSteps(name, steps)
      const noisy = timesteps(steps, process).map(timestep => {
        if (timestep >= whole(process.first) && timestep <= process.last) return between(process, timestep)
        throw new ScheduleError(
          name,
          `needs timestep ${timestep}, but the process has ${process.first} to ${process.last}; change the steps or the offset`,
        )
      })
      return ending(name, noisy, terminal, process)
    },
  }
}

/** Continuous processes begin at a small positive timestep; counting begins at 0 there, too. */
export function whole(first: number): number {
  return first === 1 ? 0 : first
}

function between(process: Process, timestep: number): NoiseLevel {
  const low = Math.floor(timestep)
  const part = timestep - low
  if (part === 0) return process.level(timestep)
  const [a, b] = [ratio(process.level(low)), ratio(process.level(Math.min(low + 1, process.last)))]
  if (!Number.isFinite(b)) return process.level(timestep)
  const at = process.timestep({ alpha: 1, sigma: a + part * (b - a) })
  return { ...process.level(at), timestep }
}
