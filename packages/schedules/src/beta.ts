import { betaQuantile } from './beta-distribution.ts'
import type { Schedule } from './level.ts'
import { roundHalfEven, type Terminal } from './levels.ts'
import { between, type SigmaOptions } from './sigmas.ts'
import { spacing } from './spacing.ts'

/** The shape of the Beta distribution. Both are 0.6 by default (arXiv:2407.12173), which puts more levels near both ends. */
export type BetaShape = { readonly a?: number; readonly b?: number }

/**
 * Quantiles of Beta(a, b) in `sigma/alpha`: `sigma_i = min + Q(1 − i/(n−1))·(max − min)`, then the end. This is diffusers'
 * `use_beta_sigmas`; {@link betaTimestep} is a different schedule of the same name.
 *
 * @throws ScheduleError
 */
export function beta(options: SigmaOptions & BetaShape = {}): Schedule {
  const { a = 0.6, b = 0.6 } = options
  betaQuantile(0.5, a, b)
  return between('beta', options, (part, max, min) => min + betaQuantile(1 - part, a, b) * (max - min))
}

/**
 * Quantiles of Beta(a, b) in timesteps: `Q(1 − i/n)·(T − 1)`, rounded (arXiv:2407.12173; ComfyUI's `beta`). Two steps that
 * round to one timestep are an error, where ComfyUI leaves one out.
 *
 * @throws ScheduleError
 */
export function betaTimestep(
  options: BetaShape & { readonly round?: boolean; readonly terminal?: Terminal } = {},
): Schedule {
  const { a = 0.6, b = 0.6, round = true, terminal = 'zero' } = options
  betaQuantile(0.5, a, b)
  return spacing('betaTimestep', terminal, (steps, { first, last }) =>
    Array.from({ length: steps }, (_, i) => {
      const at = first + betaQuantile(1 - i / steps, a, b) * (last - first)
      // The median is exactly a half, but its quantile has rounding errors.
      return round && i > 0 ? roundHalfEven(Number(at.toFixed(9))) : at
    }),
  )
}
