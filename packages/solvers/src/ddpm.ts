import type { NoiseLevel } from '@fewstep/schedules'
import type { Solver } from './plan.ts'
import { checkChoice, checkLevels, renoised, rho, unchanged } from './weights.ts'

/** Names of diffusers' `variance_type`. */
export type DdpmVariance = (typeof variances)[number]

/**
 * DDPM's ancestral sampling (arXiv 2006.11239 eq. 7): `x' = α'·D·(1 − ρ'²/ρ²) + (α'ρ'²/αρ²)·x + s·z`, `ρ = sigma/alpha`.
 *
 * `variance` says what `s` is. `fixed_small`: the posterior's `s² = sigma'²·(1 − ρ'²/ρ²)`. `fixed_large`: that of the
 * forward step, `s² = 1 − alpha²/alpha'²` in the variance preserving frame. The forms with `_log` are the same numbers,
 * kept as logarithms in the originals. Nothing is drawn for a step to sigma 0 (algorithm 2).
 *
 * @throws OptionError for another variance
 */
export function ddpm(options: { readonly variance?: DdpmVariance } = {}): Solver {
  const { variance = 'fixed_small' } = options
  checkChoice('ddpm', 'variance', variance, variances)
  const large = variance.startsWith('fixed_large')
  return {
    name: 'ddpm',
    order: 1,
    plan(levels) {
      checkLevels('ddpm', levels)
      return {
        steps: levels.slice(1).map((to, i) => {
          const from = levels[i]!
          const shrink = rho(to) / rho(from)
          const up = large ? forward(from, to) : rho(to) * Math.sqrt(1 - shrink ** 2)
          return {
            from,
            to,
            draws: to.sigma > 0 ? [{ from, to }] : [],
            evaluations: [{ level: from, input: unchanged }],
            output: renoised(from, to, i, rho(to) * shrink, to.sigma > 0 ? up : 0),
          }
        }),
      }
    },
  }
}

const variances = ['fixed_small', 'fixed_small_log', 'fixed_large', 'fixed_large_log'] as const

/** `√(1 − alpha²/alpha'²)` of the variance preserving frame, over alpha'. */
function forward(from: NoiseLevel, to: NoiseLevel): number {
  const signal = (level: NoiseLevel): number => level.alpha / Math.hypot(level.alpha, level.sigma)
  return Math.sqrt(1 - (signal(from) / signal(to)) ** 2) / signal(to)
}
