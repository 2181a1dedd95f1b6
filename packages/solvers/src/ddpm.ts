import type { NoiseLevel } from '@fewstep/schedules'
import type { Solver } from './plan.ts'
import { checkChoice, checkLevels, LevelsError, renoised, rho, unchanged } from './weights.ts'

/** The names of diffusers' `variance_type`, and `exploding` for the forward step of the variance exploding process. */
export type DdpmVariance = (typeof variances)[number]

/**
 * DDPM's ancestral sampling (arXiv 2006.11239 eq. 7): `x' = α'·D·(1 − ρ'²/ρ²) + (α'ρ'²/αρ²)·x + s·z`, `ρ = sigma/alpha`.
 *
 * `variance` chooses `s`. `fixed_small`: the posterior's `s² = sigma'²·(1 − ρ'²/ρ²)`. `fixed_large`: that of the
 * forward step, `s² = 1 − alpha²/alpha'²` in the variance preserving frame. The forms with `_log` are the same numbers,
 * kept as logarithms in the originals. `exploding`: that of the forward step in the variance exploding frame,
 * `s² = alpha'²·(ρ² − ρ'²)`, the reverse diffusion of score SDE (arXiv 2011.13456 eq. 46). No noise is drawn for a step to
 * sigma 0 (algorithm 2), nor with `finalNoise: false` for the last one.
 *
 * @throws OptionError for another variance
 */
export function ddpm(options: { readonly variance?: DdpmVariance; readonly finalNoise?: boolean } = {}): Solver {
  const { variance = 'fixed_small', finalNoise = true } = options
  checkChoice('ddpm', 'variance', variance, variances)
  const exploding = variance === 'exploding'
  const large = variance.startsWith('fixed_large')
  return {
    name: 'ddpm',
    order: 1,
    plan(levels) {
      checkLevels('ddpm', levels)
      if (exploding && levels[0]!.alpha === 0)
        throw new LevelsError('ddpm', "the variance 'exploding' cannot begin at a level without signal (alpha 0)")
      return {
        steps: levels.slice(1).map((to, i) => {
          const from = levels[i]!
          const shrink = rho(to) / rho(from)
          const noisy = to.sigma > 0 && (finalNoise || i < levels.length - 2)
          const up = large ? forward(from, to) : Math.sqrt(1 - shrink ** 2) * (exploding ? rho(from) : rho(to))
          return {
            from,
            to,
            draws: noisy ? [{ from, to }] : [],
            evaluations: [{ level: from, input: unchanged }],
            output: renoised(from, to, i, rho(to) * shrink, noisy ? up : 0),
          }
        }),
      }
    },
  }
}

const variances = ['fixed_small', 'fixed_small_log', 'fixed_large', 'fixed_large_log', 'exploding'] as const

/** `√(1 − alpha²/alpha'²)` of the variance preserving frame, over alpha'. */
function forward(from: NoiseLevel, to: NoiseLevel): number {
  const signal = (level: NoiseLevel): number => level.alpha / Math.hypot(level.alpha, level.sigma)
  return Math.sqrt(1 - (signal(from) / signal(to)) ** 2) / signal(to)
}
