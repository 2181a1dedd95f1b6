import { ScheduleError } from './errors.ts'
import type { Schedule } from './level.ts'
import { checkSteps, ending, levelAt, type Rounding, ratio, type Terminal } from './levels.ts'

/**
 * For 2 to 20 steps, the levels between the noisiest and the cleanest in hundredths of the timesteps: the authors' tables
 * for Stable Diffusion 1.5 with coefficient 1.20, which lie on a teacher's trajectory of 100 even steps.
 */
const tables: readonly (readonly number[])[] = [
  [29],
  [49, 18],
  [61, 33, 11],
  [66, 42, 21, 6],
  [83, 57, 34, 15, 3],
  [83, 62, 42, 23, 8, 1],
  [83, 62, 45, 29, 15, 6, 1],
  [83, 66, 50, 34, 21, 11, 4, 1],
  [83, 66, 51, 38, 27, 17, 9, 4, 1],
  [83, 67, 54, 42, 30, 21, 13, 7, 3, 1],
  [83, 68, 56, 45, 34, 25, 17, 11, 6, 3, 1],
  [86, 71, 61, 49, 38, 29, 21, 15, 10, 6, 3, 1],
  [86, 71, 62, 50, 40, 31, 23, 17, 12, 8, 5, 3, 1],
  [88, 78, 68, 58, 48, 38, 30, 23, 17, 12, 8, 5, 3, 1],
  [88, 78, 68, 58, 48, 38, 30, 23, 17, 13, 9, 6, 4, 2, 1],
  [88, 78, 68, 58, 48, 38, 30, 23, 17, 13, 10, 7, 5, 3, 2, 1],
  [88, 78, 68, 59, 50, 41, 33, 26, 20, 15, 11, 8, 6, 4, 3, 2, 1],
  [88, 78, 68, 59, 50, 42, 34, 27, 21, 16, 12, 9, 7, 5, 4, 3, 2, 1],
  [88, 78, 68, 59, 50, 42, 34, 27, 21, 17, 13, 10, 8, 6, 5, 4, 3, 2, 1],
]

/**
 * GITS (arXiv:2405.11326): the steps with the least truncation error along a geometrically regular trajectory, found by dynamic
 * programming on Stable Diffusion 1.5. Beyond 20 steps the longest table is interpolated linearly in `ln sigma`.
 *
 * `terminal`: the cleanest level is replaced by no noise ('zero'), or stays ('first').
 *
 * @throws ScheduleError
 */
export function gits(options: { readonly terminal?: Terminal; readonly rounding?: Rounding } = {}): Schedule {
  const { terminal = 'zero', rounding = 'none' } = options
  return {
    name: 'gits',
    levels(steps, process) {
      checkSteps('gits', steps)
      const { first, last } = process
      const parts = steps === 1 ? [] : tables[Math.min(steps, 20) - 2]!
      const nodes = [100, ...parts, 0].map(part => ratio(process.level(first + (part / 100) * (last - first))))
      if (nodes[0] === Number.POSITIVE_INFINITY) {
        throw new ScheduleError('gits', 'begins at a level without signal; use a schedule of timesteps')
      }
      const sigmas = Array.from({ length: steps }, (_, i) => {
        const at = (i * (nodes.length - 1)) / steps
        const low = Math.floor(at)
        return nodes[low]! * (nodes[low + 1]! / nodes[low]!) ** (at - low)
      })
      return ending(
        'gits',
        sigmas.map(sigma => levelAt(process, sigma, rounding)),
        terminal,
        process,
      )
    },
  }
}
