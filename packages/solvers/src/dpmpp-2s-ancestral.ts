import { ancestral } from './ancestral.ts'
import { innerLevels } from './dpm-singlestep.ts'
import type { Solver } from './plan.ts'
import { singlestep } from './singlestep.ts'
import { checkLevels, checkOption, draw, weighted } from './weights.ts'

/**
 * DPM-Solver++ 2S to a lower level, then fresh noise (k-diffusion's `dpmpp_2s_ancestral`): the middle lies at half of the
 * step in λ to `ρ_down`, and its estimate alone determines the step. `flow` chooses `ρ_down` as for rectified flow. Two
 * evaluations a step, one where it ends at sigma 0. Needs the process.
 *
 * @throws OptionError
 */
export function dpmpp2sAncestral(
  options: { readonly eta?: number; readonly flow?: boolean; readonly sNoise?: number } = {},
): Solver {
  const name = 'dpmpp-2s-ancestral'
  const { eta = 1, flow = false, sNoise = 1 } = options
  checkOption(name, 'eta', eta, 0, 1)
  checkOption(name, 'sNoise', sNoise, 0, Number.MAX_VALUE)
  return {
    name,
    order: 2,
    plan(levels, process) {
      checkLevels(name, levels)
      let index = 0
      return {
        steps: levels.slice(1).map((to, i) => {
          const from = levels[i]!
          const { down, up } = ancestral(from, to, { eta, flow })
          const lower = { alpha: to.alpha, sigma: to.alpha * down }
          const inner = from.alpha > 0 && down > 0 ? innerLevels(name, from, lower, [1 / 2], process) : []
          const step = singlestep(from, inner, lower, index, { view: 'data', solverType: 'midpoint' })
          index += inner.length + 1
          const noise = weighted([to.alpha * up * sNoise, draw(0)])
          return { from, to, ...step, draws: [{ from, to }], output: [...step.output, ...noise] }
        }),
      }
    },
  }
}
