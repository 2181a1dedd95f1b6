import { ScheduleError } from './errors.ts'
import type { Schedule } from './level.ts'
import { checkSteps, ending, levelAt, type Rounding, type Terminal } from './levels.ts'

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

/**
 * Align Your Steps (arXiv:2404.14507): a table, interpolated linearly in `ln sigma` for any number of steps.
 *
 * `terminal`: the table's last value becomes no noise at all ('zero'), the process's cleanest level ('first') or stays
 * what it is ('table').
 *
 * @throws ScheduleError where the table does not fall or holds fewer than two values
 */
export function alignYourSteps(
  table: readonly number[],
  options: { readonly terminal?: Terminal | 'table'; readonly rounding?: Rounding } = {},
): Schedule {
  const { terminal = 'zero', rounding = 'none' } = options
  const name = 'align-your-steps'
  const falling = table.every((value, i) => value > 0 && Number.isFinite(value) && (i === 0 || value < table[i - 1]!))
  if (table.length < 2 || !falling)
    throw new ScheduleError(name, `needs two or more positive, falling values, got [${table.join(', ')}]`)
  return {
    name,
    levels(steps, process) {
      checkSteps(name, steps)
      const sigmas = Array.from({ length: steps + 1 }, (_, i) => {
        const at = (i * (table.length - 1)) / steps
        const low = Math.min(Math.floor(at), table.length - 2)
        return Math.exp(Math.log(table[low]!) + (at - low) * Math.log(table[low + 1]! / table[low]!))
      })
      if (terminal !== 'table') {
        return ending(
          name,
          sigmas.slice(0, -1).map(sigma => levelAt(process, sigma, rounding)),
          terminal,
          process,
        )
      }
      return sigmas.map(sigma => levelAt(process, sigma, rounding))
    },
  }
}
