import { ancestral } from './ancestral.ts'
import type { ChurnOptions } from './churn.ts'
import type { Solver } from './plan.ts'
import { rungeKutta } from './rho-rk.ts'
import { rhoStep } from './rho-step.ts'
import type { Tableau } from './tableau.ts'
import { checkLevels, checkOption, draw, rho, unchanged, weighted } from './weights.ts'

/**
 * k-diffusion's DPM-2: the midpoint rule on `dx̂/dρ = ε` with the middle at `√(ρ·ρ')`, in the spirit of DPM-Solver-2
 * (arXiv 2206.00927) and EDM's algorithm 2. A step to sigma 0 is Euler's. The middle needs the process.
 *
 * @throws OptionError
 */
export function dpm2(options: ChurnOptions = {}): Solver {
  return rungeKutta('dpm-2', 2, (from, to) => geometricMidpoint(rho(from), rho(to)), options)
}

/**
 * k-diffusion's ancestral DPM-2: the same to `ρ_down`, then noise `ρ_up`, as in `eulerAncestral`.
 *
 * @throws OptionError
 */
export function dpm2Ancestral(options: { readonly eta?: number; readonly sNoise?: number } = {}): Solver {
  const name = 'dpm-2-ancestral'
  const { eta = 1, sNoise = 1 } = options
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
          const { down, up } = ancestral(from, to, { eta })
          const tableau = geometricMidpoint(rho(from), down)
          const start = { level: from, input: unchanged, draws: [{ from, to }] }
          const step = rhoStep(name, start, { alpha: to.alpha, sigma: to.alpha * down }, { tableau, index, process })
          index += step.evaluations.length
          return { from, to, ...step, output: [...step.output, ...weighted([to.alpha * up * sNoise, draw(0)])] }
        }),
      }
    },
  }
}

function geometricMidpoint(from: number, to: number): Tableau {
  return { a: [[], [(Math.sqrt(from * to) - from) / (to - from)]], b: [0, 1] }
}
