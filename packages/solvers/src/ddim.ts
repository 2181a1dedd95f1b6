import type { Solver } from './plan.ts'
import { checkLevels, checkOption, draw, evaluation, firstOrder, state, unchanged, weighted } from './weights.ts'

/**
 * DDIM (arXiv 2010.02502 eq. 12): `x' = alpha'·D + √(sigma'² − s²)·ε + s·z` with
 * `s = eta·(sigma'/sigma)·√(sigma² − sigma'²·alpha²/alpha'²)`. `eta` 0 is deterministic, 1 is DDPM's ancestral sampling.
 *
 * Where a threshold changes `D`, `ε` is the noise that belongs to the changed estimate, or with `rawNoise` to the unchanged
 * one, as in diffusers.
 *
 * @throws OptionError unless 0 <= eta <= 1
 */
export function ddim(options: { readonly eta?: number; readonly rawNoise?: boolean } = {}): Solver {
  const { eta = 0, rawNoise = false } = options
  checkOption('ddim', 'eta', eta, 0, 1)
  return {
    name: 'ddim',
    order: 1,
    plan(levels) {
      checkLevels('ddim', levels)
      return {
        steps: levels.slice(1).map((to, i) => {
          const from = levels[i]!
          const evaluations = [{ level: from, input: unchanged }]
          if (eta === 0 && !rawNoise) return { from, to, draws: [], evaluations, output: firstOrder(from, to, i) }
          const ratio = to.sigma / from.sigma
          const s = eta * ratio * Math.sqrt(Math.max(0, from.sigma ** 2 - ((to.sigma * from.alpha) / to.alpha) ** 2))
          const kept = Math.sqrt(Math.max(0, to.sigma ** 2 - s * s)) / from.sigma
          const output = rawNoise
            ? weighted([to.alpha, evaluation(i)], [kept * from.sigma, evaluation(i, 'raw-noise')], [s, draw(0)])
            : weighted([kept, state], [to.alpha - from.alpha * kept, evaluation(i)], [s, draw(0)])
          return { from, to, draws: eta === 0 ? [] : [{ from, to }], evaluations, output }
        }),
      }
    },
  }
}
