import type { NoiseLevel, Process } from './level.ts'

/** Where a run ends: no noise at all, the process's cleanest level, or a sigma/alpha of one's own. */
export type Terminal = 'zero' | 'first' | { readonly rho: number }

export function terminal(end: Terminal, process: Process): NoiseLevel {
  if (end === 'first') return process.level(process.first)
  // The process's own frame: a flow and an EDM process are clean at alpha 1, as a variance-preserving one is.
  if (end === 'zero' || end.rho === 0) return { alpha: 1, sigma: 0 }
  return process.level(process.timestep({ alpha: 1, sigma: end.rho }))
}

/** @throws StepsError */
export function checkSteps(schedule: string, steps: number, most: number = Number.POSITIVE_INFINITY): void {
  if (!Number.isInteger(steps) || steps < 1 || steps > most) throw new StepsError(schedule, steps, most)
}

export class StepsError extends Error {
  override readonly name = 'Schedules.StepsError'
  constructor(schedule: string, steps: number, most: number) {
    const range = Number.isFinite(most) ? `from 1 to ${most}` : 'of at least 1'
    super(`${schedule}: steps must be a whole number ${range}, got ${steps}`)
  }
}
