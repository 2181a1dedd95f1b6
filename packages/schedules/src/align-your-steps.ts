import { ScheduleError } from './errors.ts'
import type { Schedule } from './level.ts'
import { checkSteps, ending, falling, levelAt, type Rounding, ratio, type Terminal } from './levels.ts'

/** Optimised values of `sigma/alpha` from noisy to clean, ten steps (arXiv:2404.14507, the authors' quick-start guide). */
export const sd15: readonly number[] = [14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029]
/** @see sd15 */
export const sdxl: readonly number[] = [14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.38, 0.234, 0.113, 0.029]
/** @see sd15 */
export const deepFloyd: readonly number[] = [
  160.41, 8.081, 3.315, 1.885, 1.207, 0.785, 0.553, 0.293, 0.186, 0.03, 0.006,
]
/** @see sd15 */
export const svd: readonly number[] = [700, 54.5, 15.886, 7.977, 4.248, 1.789, 0.981, 0.403, 0.173, 0.034, 0.002]

/** The same levels, rounded to timesteps in the guide. Diffusers and ComfyUI use these. */
export const sd15Timesteps: readonly number[] = [999, 850, 736, 645, 545, 455, 343, 233, 124, 24, 0]
/** @see sd15Timesteps */
export const sdxlTimesteps: readonly number[] = [999, 845, 730, 587, 443, 310, 193, 116, 53, 13, 0]
/** @see sd15Timesteps */
export const deepFloydTimesteps: readonly number[] = [995, 920, 811, 686, 555, 418, 315, 174, 109, 12, 0]

/**
 * Align Your Steps (arXiv:2404.14507): a table, interpolated linearly in `ln sigma` for any number of steps.
 *
 * `unit`: the table holds values of `sigma/alpha`, or timesteps, whose `sigma/alpha` comes from the process. `terminal`: the
 * table's last value is replaced by no noise ('zero', as in ComfyUI) or by the process's cleanest level ('first'), or it stays
 * ('table'). A1111 appends a level without noise after the table, which is one step more: `appendClean` of 'table'.
 *
 * @throws ScheduleError where the table does not fall or has fewer than two values
 */
export function alignYourSteps(
  table: readonly number[],
  options: {
    readonly unit?: 'sigma' | 'timestep'
    readonly terminal?: Terminal | 'table'
    readonly rounding?: Rounding
  } = {},
): Schedule {
  const { unit = 'sigma', terminal = 'zero', rounding = 'none' } = options
  const name = 'align-your-steps'
  const least = unit === 'sigma' ? Number.MIN_VALUE : Number.NEGATIVE_INFINITY
  const falls = table.every(
    (value, i) => value >= least && Number.isFinite(value) && (i === 0 || value < table[i - 1]!),
  )
  if (table.length < 2 || !falls) {
    const kind = unit === 'sigma' ? 'positive, falling values' : 'falling timesteps'
    throw new ScheduleError(name, `needs two or more ${kind}, got [${table.join(', ')}]`)
  }
  return {
    name,
    levels(steps, process) {
      checkSteps(name, steps)
      const nodes = unit === 'sigma' ? table : table.map(timestep => ratio(process.level(timestep)))
      if (nodes[0] === Number.POSITIVE_INFINITY)
        throw new ScheduleError(name, 'begins at a level without signal; take the table of sigmas')
      const sigmas = Array.from({ length: steps + 1 }, (_, i) => {
        const at = (i * (nodes.length - 1)) / steps
        const low = Math.min(Math.floor(at), nodes.length - 2)
        return Math.exp(Math.log(nodes[low]!) + (at - low) * Math.log(nodes[low + 1]! / nodes[low]!))
      })
      const noisy = terminal === 'table' ? sigmas : sigmas.slice(0, -1)
      const levels = noisy.map(sigma => levelAt(process, sigma, rounding))
      return terminal === 'table' ? falling(name, levels) : ending(name, levels, terminal, process)
    },
  }
}
