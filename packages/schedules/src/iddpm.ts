import { ScheduleError } from './errors.ts'
import type { Schedule } from './level.ts'
import { checkSteps, ending, levelAt, roundHalfEven } from './levels.ts'
import { ends, type SigmaOptions } from './sigmas.ts'

/**
 * Evenly in the 1000 steps of improved DDPM, `u_{j−1} = √((u_j² + 1)/max(ᾱ_{j−1}/ᾱ_j, 0.001) − 1)` from `u_1000 = 0`, with
 * `ᾱ_j = sin²(πj/(2·1000·1.008))` (arXiv:2206.00364, table 1), of which it takes those between the two ends; then the end.
 *
 * @throws ScheduleError where fewer such levels than steps lie between the ends
 */
export function iddpm(options: SigmaOptions = {}): Schedule {
  const { rounding = 'none', terminal = 'zero' } = options
  return {
    name: 'iddpm',
    levels(steps, process) {
      checkSteps('iddpm', steps)
      const [max, min] = ends('iddpm', options, steps, process)
      const within = iddpmSigmas().filter(u => u >= min && u <= max)
      if (within.length < steps) {
        throw new ScheduleError(
          'iddpm',
          `has ${within.length} levels from ${min} to ${max} for ${steps} steps; take fewer steps`,
        )
      }
      const noisy = Array.from({ length: steps }, (_, i) => {
        const index = steps === 1 ? 0 : roundHalfEven((i * (within.length - 1)) / (steps - 1))
        return levelAt(process, within[index]!, rounding)
      })
      return ending('iddpm', noisy, terminal, process)
    },
  }
}

/** The ratios `u_0 … u_1000` of improved DDPM, falling to 0; see {@link iddpm}. */
export function iddpmSigmas(): readonly number[] {
  const count = 1000
  const bar = (j: number): number => Math.sin((Math.PI * j) / (2 * count * 1.008)) ** 2
  const falling = [0]
  for (let j = count; j >= 1; j--) {
    const u = falling[falling.length - 1]!
    falling.push(Math.sqrt((u * u + 1) / Math.max(bar(j - 1) / bar(j), 0.001) - 1))
  }
  return falling.reverse()
}
