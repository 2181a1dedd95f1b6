import { ScheduleError } from './errors.ts'
import type { NoiseLevel, Process, Schedule } from './level.ts'
import { ending, levelAt, type Rounding, type Terminal } from './levels.ts'

/**
 * The given values of `sigma/alpha`, from noisy to clean; a 0 at the end is optional.
 *
 * @throws ScheduleError where the number of steps differs, or the values do not fall
 */
export function givenSigmas(
  sigmas: readonly number[],
  options: { readonly rounding?: Rounding; readonly terminal?: Terminal } = {},
): Schedule {
  const { rounding = 'none', terminal = 'zero' } = options
  const noisy = sigmas.at(-1) === 0 ? sigmas.slice(0, -1) : sigmas
  return given('givenSigmas', noisy, terminal, (process, sigma) => {
    if (sigma > 0 && Number.isFinite(sigma)) return levelAt(process, sigma, rounding)
    throw new ScheduleError('givenSigmas', `needs finite values above 0, got ${sigma}`)
  })
}

/**
 * The given timesteps, from noisy to clean.
 *
 * @throws ScheduleError where the number of steps differs, or the timesteps do not fall
 */
export function givenTimesteps(timesteps: readonly number[], options: { readonly terminal?: Terminal } = {}): Schedule {
  const { terminal = 'zero' } = options
  return given('givenTimesteps', timesteps, terminal, (process, timestep) => process.level(timestep))
}

function given(
  name: string,
  values: readonly number[],
  terminal: Terminal,
  level: (process: Process, value: number) => NoiseLevel,
): Schedule {
  if (values.length === 0) throw new ScheduleError(name, 'needs at least one noisy value, got none')
  return {
    name,
    levels(steps, process) {
      if (steps !== values.length) {
        throw new ScheduleError(
          name,
          `has ${values.length} noisy levels for ${steps} steps; ask for ${values.length} steps`,
        )
      }
      return ending(
        name,
        values.map(value => level(process, value)),
        terminal,
        process,
      )
    },
  }
}
