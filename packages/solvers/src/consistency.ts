import type { Solver } from './plan.ts'
import { checkLevels, checkOption, renoised, rho, unchanged } from './weights.ts'

/**
 * Multistep consistency sampling (arXiv 2303.01469 algorithm 1): `x' = alpha'·(D + √(ρ'² − sigmaMin²)·z)`, where `D` is a
 * consistency model's estimate and `ρ = sigma/alpha`. At and below `sigmaMin`, the noise level of such a model's estimates,
 * no noise is added. `sNoise` scales each noise draw.
 *
 * @throws OptionError where sigmaMin or sNoise is below 0
 */
export function consistency(options: { readonly sigmaMin?: number; readonly sNoise?: number } = {}): Solver {
  const { sigmaMin = 0.002, sNoise = 1 } = options
  checkOption('consistency', 'sigmaMin', sigmaMin, 0, Number.MAX_VALUE)
  checkOption('consistency', 'sNoise', sNoise, 0, Number.MAX_VALUE)
  return {
    name: 'consistency',
    order: 0,
    plan(levels) {
      checkLevels('consistency', levels)
      return {
        steps: levels.slice(1).map((to, i) => {
          const from = levels[i]!
          const up = sNoise * Math.sqrt(Math.max(0, rho(to) ** 2 - sigmaMin ** 2))
          return {
            from,
            to,
            draws: up > 0 ? [{ from, to }] : [],
            evaluations: [{ level: from, input: unchanged }],
            output: renoised(from, to, i, 0, up),
          }
        }),
      }
    },
  }
}
