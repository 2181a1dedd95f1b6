import { needsNumber, ScheduleError } from './errors.ts'
import type { Schedule } from './level.ts'
import type { Terminal } from './levels.ts'
import { spacing, whole } from './spacing.ts'

/**
 * The timesteps of latent and trajectory consistency models (arXiv:2310.04378 §4.3): such a model was distilled at `k·i − 1` with
 * `i = 1 … original` and `k = ⌊T/original⌋`. The schedule takes those at `⌊i·original/steps⌋`, from the noisiest.
 *
 * @throws ScheduleError where `original` is not a whole number of at least 1, or `steps` is larger than `original`
 */
export function distilled(options: { readonly original?: number; readonly terminal?: Terminal } = {}): Schedule {
  const { original = 50, terminal = 'zero' } = options
  const name = 'distilled'
  needsNumber(name, 'the original steps', original, { whole: true, minimum: 1 })
  return spacing(name, terminal, (steps, process) => {
    const stride = Math.floor((process.last - whole(process.first) + 1) / original)
    if (stride < 1)
      throw new ScheduleError(
        name,
        `has ${process.last + 1} timesteps for ${original} original steps; take fewer original steps`,
      )
    if (steps > original)
      throw new ScheduleError(name, `has ${original} original steps for ${steps} steps; take fewer steps`)
    return Array.from({ length: steps }, (_, i) => stride * (original - Math.floor(i * (original / steps))) - 1)
  })
}
