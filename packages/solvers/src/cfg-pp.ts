import type { NoiseLevel } from '@fewstep/schedules'
import { ancestral } from './ancestral.ts'
import { weightBound } from './nodal.ts'
import type { Combination, Solver } from './plan.ts'
import { checkLevels, checkOption, draw, evaluation, lambdaLength, state, unchanged, weighted } from './weights.ts'

/**
 * Euler in the form of CFG++ (arXiv 2406.08070 algorithm 2). The step goes to the guided estimate `D`, with the noise of
 * the estimate without guidance: `x' = alpha'·D + sigma'·(x − alpha·D_u)/sigma`. Without guidance it is Euler.
 */
export function eulerCfgPp(): Solver {
  return {
    name: 'euler-cfg-pp',
    order: 1,
    plan(levels) {
      checkLevels('euler-cfg-pp', levels)
      return {
        steps: levels.slice(1).map((to, i) => {
          const from = levels[i]!
          const evaluations = [{ level: from, input: unchanged }]
          return { from, to, draws: [], evaluations, output: toGuided(from, to, i, to.sigma / to.alpha, 0) }
        }),
      }
    },
  }
}

/**
 * {@link eulerCfgPp} to `ρ_down`, then noise up to `ρ'`, as `eulerAncestral` splits them (ComfyUI's
 * `euler_ancestral_cfg_pp`). Draws at every step.
 *
 * @throws OptionError unless eta is from 0 to 1 and sNoise at least 0
 */
export function eulerAncestralCfgPp(options: { readonly eta?: number; readonly sNoise?: number } = {}): Solver {
  const { eta = 1, sNoise = 1 } = options
  checkOption('euler-ancestral-cfg-pp', 'eta', eta, 0, 1)
  checkOption('euler-ancestral-cfg-pp', 'sNoise', sNoise, 0, Number.MAX_VALUE)
  return {
    name: 'euler-ancestral-cfg-pp',
    order: 1,
    plan(levels) {
      checkLevels('euler-ancestral-cfg-pp', levels)
      return {
        steps: levels.slice(1).map((to, i) => {
          const from = levels[i]!
          const { down, up } = ancestral(from, to, { eta })
          return {
            from,
            to,
            draws: [{ from, to }],
            evaluations: [{ level: from, input: unchanged }],
            output: toGuided(from, to, i, down, sNoise * up),
          }
        }),
      }
    },
  }
}

/**
 * DPM-Solver++ 2M in the form of CFG++ (ComfyUI's `dpmpp_2m_cfg_pp`):
 * `x' = (sigma'/sigma)·x + alpha'·(D − e^(−h)·D_u − expm1(−h)·(D − D_u,prev)/(2r))`, `h = λ' − λ`, `r = h_prev/h`. The
 * first step is {@link eulerCfgPp}, and so are a step to sigma 0 and one that is more than 1,000 times longer in λ than the one
 * before, whose difference would be multiplied by as much. Without guidance it is DPM-Solver++ 2M.
 */
export function dpmpp2mCfgPp(): Solver {
  return {
    name: 'dpmpp-2m-cfg-pp',
    order: 2,
    plan(levels) {
      checkLevels('dpmpp-2m-cfg-pp', levels)
      return {
        steps: levels.slice(1).map((to, i) => {
          const from = levels[i]!
          const step = { from, to, draws: [], evaluations: [{ level: from, input: unchanged }] }
          const before = levels[i - 1]
          const long = before !== undefined && lambdaLength(from, to) > weightBound * lambdaLength(before, from)
          if (before === undefined || to.sigma === 0 || long)
            return { ...step, output: toGuided(from, to, i, to.sigma / to.alpha, 0) }
          const h = lambdaLength(from, to)
          // From alpha 0 the previous step is infinitely long, and its difference quotient vanishes.
          const half = (-to.alpha * Math.expm1(-h) * h) / (2 * lambdaLength(before, from))
          const output = weighted(
            [to.sigma / from.sigma, state],
            [to.alpha + half, evaluation(i)],
            [(-from.alpha * to.sigma) / from.sigma, evaluation(i, 'unconditional')],
            [-half, evaluation(i - 1, 'unconditional')],
          )
          return { ...step, output }
        }),
      }
    },
  }
}

/** `alpha'·(D + down·ε_u + up·z)`, `ε_u` the noise that belongs to the estimate without guidance. */
function toGuided(from: NoiseLevel, to: NoiseLevel, index: number, down: number, up: number): Combination {
  const kept = (to.alpha * down) / from.sigma
  return weighted(
    [kept, state],
    [to.alpha, evaluation(index)],
    [-from.alpha * kept, evaluation(index, 'unconditional')],
    [to.alpha * up, draw(0)],
  )
}
