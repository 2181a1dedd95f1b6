import { ScheduleError } from './errors.ts'
import type { Schedule } from './level.ts'
import { between, type SigmaOptions } from './sigmas.ts'

/**
 * Evenly in the time of the continuous variance preserving process, `sigma(t) = √(e^(betaD·t²/2 + betaMin·t) − 1)`
 * (arXiv:2206.00364, table 1), then the end. The original's ends are `sigma(1)` and `sigma(0.001)`.
 *
 * @throws ScheduleError
 */
export function vp(options: SigmaOptions & { readonly betaD?: number; readonly betaMin?: number } = {}): Schedule {
  const { betaD = 19.9, betaMin = 0.1 } = options
  if (!(betaD > 0 && betaMin > 0 && Number.isFinite(betaD + betaMin))) {
    throw new ScheduleError('vp', `needs betaD and betaMin above 0, got ${betaD} and ${betaMin}`)
  }
  const time = (sigma: number): number =>
    (Math.sqrt(betaMin ** 2 + 2 * betaD * Math.log1p(sigma ** 2)) - betaMin) / betaD
  return between('vp', options, (part, max, min) => {
    const t = time(max) + part * (time(min) - time(max))
    return Math.sqrt(Math.expm1((betaD * t * t) / 2 + betaMin * t))
  })
}
