import { ancestral } from './ancestral.ts'
import type { Solver } from './plan.ts'
import { checkLevels, checkOption, renoised, unchanged } from './weights.ts'

/**
 * Euler to `ρ_down`, then noise up to `ρ'`: `ρ_up = eta·ρ'·√(1 − ρ'²/ρ²)`, `ρ_down = √(ρ'² − ρ_up²)` with
 * `ρ = sigma/alpha` (k-diffusion's `euler_ancestral`; arXiv 2010.02502 §4 in these variables). Draws noise at every step.
 *
 * `flow` chooses `ρ_down` by the sigma of flow matching, `f = ρ/(1 + ρ)`: `f_down = f'·(1 + eta·(f'/f − 1))` (ComfyUI's
 * form for rectified flow). `sNoise` scales each draw.
 *
 * @throws OptionError unless eta is from 0 to 1 and sNoise at least 0
 */
export function eulerAncestral(
  options: { readonly eta?: number; readonly flow?: boolean; readonly sNoise?: number } = {},
): Solver {
  const { eta = 1, flow = false, sNoise = 1 } = options
  checkOption('euler-ancestral', 'eta', eta, 0, 1)
  checkOption('euler-ancestral', 'sNoise', sNoise, 0, Number.MAX_VALUE)
  return {
    name: 'euler-ancestral',
    order: 1,
    plan(levels) {
      checkLevels('euler-ancestral', levels)
      return {
        steps: levels.slice(1).map((to, i) => {
          const from = levels[i]!
          const { down, up } = ancestral(from, to, { eta, flow })
          return {
            from,
            to,
            draws: [{ from, to }],
            evaluations: [{ level: from, input: unchanged }],
            output: renoised(from, to, i, down, sNoise * up),
          }
        }),
      }
    },
  }
}
