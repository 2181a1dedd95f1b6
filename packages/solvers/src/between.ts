import type { NoiseLevel, Process } from '@fewstep/schedules'
import { LevelsError } from './weights.ts'

/**
 * The level at a ratio `rho = sigma/alpha` between those of the schedule, in the process's frame and with its timestep.
 * Beyond the ends of the process, the model gets the nearest timestep.
 *
 * @throws LevelsError without a process
 */
export function levelAt(solver: string, process: Process | undefined, rho: number): NoiseLevel {
  if (process === undefined) {
    throw new LevelsError(solver, 'it evaluates between the levels; pass the process too, plan(levels, process)')
  }
  const timestep = process.timestep({ alpha: 1, sigma: rho })
  const { alpha } = process.level(timestep)
  return { alpha, sigma: alpha * rho, timestep }
}
