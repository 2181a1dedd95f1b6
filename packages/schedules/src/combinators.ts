import { needsNumber, ScheduleError } from './errors.ts'
import type { NoiseLevel, Schedule } from './level.ts'
import { checkSteps, falling, levelAt, ratio } from './levels.ts'

/**
 * The last part of a schedule, for image to image: with `strength` 1 all of it, with less it begins later.
 *
 * `steps: 'planned'` begins `⌊steps·strength⌋` steps before the end (diffusers: the run has fewer steps); `'made'` takes
 * `⌊steps/strength⌋` steps and keeps the last `steps` of them (ComfyUI: the run has `steps` steps).
 *
 * @throws ScheduleError
 */
export function startAt(
  schedule: Schedule,
  options: { readonly strength: number; readonly steps?: 'planned' | 'made' },
): Schedule {
  const { strength, steps: counting = 'planned' } = options
  const name = `${schedule.name} from strength ${strength}`
  needsNumber(name, 'strength', strength, { above: 0, maximum: 1 })
  return {
    name,
    levels(steps, process) {
      checkSteps(name, steps)
      const kept = counting === 'made' ? steps : Math.floor(steps * strength)
      if (kept === 0)
        throw new ScheduleError(name, `leaves none of ${steps} steps; take more steps or a higher strength`)
      const planned = counting === 'made' ? Math.floor(steps / strength + 1e-9) : steps
      return schedule.levels(planned, process).slice(-kept - 1)
    },
  }
}

/**
 * A schedule with `sigma/alpha` multiplied by a factor at every noisy level.
 *
 * @throws ScheduleError
 */
export function rescale(schedule: Schedule, factor: number): Schedule {
  const name = `${schedule.name} times ${factor}`
  needsNumber(name, 'the factor', factor, { above: 0 })
  return {
    name,
    levels(steps, process) {
      const levels = schedule.levels(steps, process)
      return falling(
        name,
        levels.map(level => (level.sigma > 0 ? levelAt(process, ratio(level) * factor, 'none') : level)),
      )
    },
  }
}

/**
 * Splits levels at level `at`, which both parts contain: one sampler ends where the other begins.
 *
 * @throws ScheduleError
 */
export function split(
  levels: readonly NoiseLevel[],
  at: number,
): readonly [noisy: readonly NoiseLevel[], clean: readonly NoiseLevel[]] {
  if (Number.isInteger(at) && at >= 1 && at <= levels.length - 2) return [levels.slice(0, at + 1), levels.slice(at)]
  throw new ScheduleError(
    'to split',
    `has levels 1 to ${levels.length - 2} between its ends, got ${at}; split it at one of these`,
  )
}

/** Appends a level without noise, unless the last level has none. */
export function appendClean(levels: readonly NoiseLevel[]): readonly NoiseLevel[] {
  return levels.at(-1)?.sigma === 0 ? levels : [...levels, { alpha: 1, sigma: 0 }]
}

/**
 * The levels at some indices (negative ones count from the end), in their order.
 *
 * @throws ScheduleError where there is no such index, or the levels do not fall
 */
export function subset(levels: readonly NoiseLevel[], indices: readonly number[]): readonly NoiseLevel[] {
  return falling(
    'subset',
    indices.map(index => {
      const level = levels.at(index)
      if (Number.isInteger(index) && level !== undefined) return level
      throw new ScheduleError('to take from', `has levels 0 to ${levels.length - 1}, got ${index}`)
    }),
  )
}

/**
 * Every `⌊of/steps⌋`-th level of a schedule of `of` steps, from the noisiest, and its end. This is how consistency
 * models (arXiv:2303.01469) take a few of the steps that they were trained on.
 *
 * @throws ScheduleError where `steps` is larger than `of`
 */
export function thinned(schedule: Schedule, options: { readonly of: number }): Schedule {
  const { of } = options
  const name = `${schedule.name} of ${of} steps`
  checkSteps(name, of)
  return {
    name,
    levels(steps, process) {
      checkSteps(name, steps)
      if (steps > of) throw new ScheduleError(name, `gives at most ${of} steps, got ${steps}; take fewer steps`)
      const stride = Math.floor(of / steps)
      return subset(schedule.levels(of, process), [...Array.from({ length: steps }, (_, i) => i * stride), -1])
    },
  }
}
