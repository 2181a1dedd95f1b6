import { needsNumber, ScheduleError } from './errors.ts'
import type { NoiseLevel, Process, Schedule } from './level.ts'
import { checkSteps, ending, type Terminal } from './levels.ts'

export type ShiftOptions = {
  /**
   * `s·f/(1 + (s − 1)·f)` (arXiv:2403.03206, equation 23). Diffusers' dynamic shifts are this one with `s = e^mu`
   * (exponential) or `s = mu` (linear).
   */
  readonly shift?: number
  /** Stretches the levels after the shift so that the last noisy one is this: `1 − (1 − f)(1 − end)/(1 − f_last)`. */
  readonly shiftTerminal?: number
}

/** `f = sigma/(alpha + sigma)`: flow matching's sigma, from 1 (noise) to 0, of a level of any process. */
function fraction({ alpha, sigma }: NoiseLevel): number {
  return sigma / (alpha + sigma)
}

function levelOf(process: Process, f: number): NoiseLevel {
  const timestep = process.timestep({ alpha: 1 - f, sigma: f })
  return { ...process.level(timestep), timestep }
}

/**
 * Flow matching's sigmas `1 − i/n` (of another process: from its noisiest on), shifted, then the end. Diffusers'
 * pipelines of flow models give these to their scheduler.
 *
 * @throws ScheduleError
 */
export function flowUniform(options: ShiftOptions & { readonly terminal?: Terminal } = {}): Schedule {
  const { terminal = 'zero' } = options
  checkShift('flowUniform', options)
  return fractions('flowUniform', terminal, steps => {
    return shifted(
      'flowUniform',
      Array.from({ length: steps }, (_, i) => 1 - i / steps),
      options,
    )
  })
}

/**
 * Mochi's linear-quadratic sigmas: `1 − f` grows linearly to `threshold` over the first half of the steps, and as a
 * parabola of the same slope to 1 over the rest.
 *
 * @throws ScheduleError
 */
export function linearQuadratic(options: { readonly threshold?: number; readonly terminal?: Terminal } = {}): Schedule {
  const { threshold = 0.025, terminal = 'zero' } = options
  if (!(threshold > 0 && threshold < 0.5)) {
    throw new ScheduleError('linearQuadratic', `needs a threshold between 0 and 0.5, got ${threshold}`)
  }
  return fractions('linearQuadratic', terminal, steps => {
    const straight = Math.floor(steps / 2)
    const bent = steps - straight
    const slope = threshold / straight
    const curve = (1 - threshold - slope * bent) / bent ** 2
    return Array.from({ length: steps }, (_, i) => {
      if (i === 0) return 1
      const over = i - straight
      return 1 - (over <= 0 ? slope * i : threshold + slope * over + curve * over ** 2)
    })
  })
}

/**
 * Another schedule with its levels shifted. Levels without noise stay.
 *
 * @throws ScheduleError
 */
export function flowShift(schedule: Schedule, options: ShiftOptions): Schedule {
  checkShift('flowShift', options)
  const name = `${schedule.name}, shifted`
  return {
    name,
    levels(steps, process) {
      const levels = schedule.levels(steps, process)
      const noisy = levels.filter(level => level.sigma > 0)
      const moved = shifted(name, noisy.map(fraction), options)
      return [...moved.map(f => levelOf(process, f)), ...levels.slice(noisy.length)]
    },
  }
}

/**
 * The `mu` of a resolution, linear in the number of image tokens: 0.5 at 256 and 1.15 at 4096 (FLUX.1). For
 * `shift: Math.exp(mu)`.
 */
export function shiftForTokens(
  tokens: number,
  options: { readonly from?: readonly [number, number]; readonly to?: readonly [number, number] } = {},
): number {
  const { from = [256, 0.5], to = [4096, 1.15] } = options
  const mu = from[1] + ((tokens - from[0]) * (to[1] - from[1])) / (to[0] - from[0])
  if (Number.isFinite(mu)) return mu
  throw new ScheduleError('shiftForTokens', `needs numbers of tokens, two of them different, got ${tokens}`)
}

function fractions(name: string, terminal: Terminal, make: (steps: number) => readonly number[]): Schedule {
  return {
    name,
    levels(steps, process) {
      checkSteps(name, steps)
      const top = fraction(process.level(process.last))
      return ending(
        name,
        make(steps).map(f => levelOf(process, f * top)),
        terminal,
        process,
      )
    },
  }
}

function shifted(
  name: string,
  values: readonly number[],
  { shift = 1, shiftTerminal }: ShiftOptions,
): readonly number[] {
  const moved = values.map(f => (shift * f) / (1 + (shift - 1) * f))
  if (shiftTerminal === undefined) return moved
  const last = moved[moved.length - 1]!
  if (last >= 1) throw new ScheduleError(name, 'cannot stretch a single level of pure noise; take two steps or more')
  return moved.map(f => 1 - ((1 - f) * (1 - shiftTerminal)) / (1 - last))
}

function checkShift(name: string, { shift = 1, shiftTerminal = 0.5 }: ShiftOptions): void {
  needsNumber(name, 'shift', shift, { above: 0 })
  if (shiftTerminal > 0 && shiftTerminal < 1) return
  throw new ScheduleError(name, `needs shiftTerminal between 0 and 1, got ${shiftTerminal}`)
}
