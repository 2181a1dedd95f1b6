import { lambdaStep, type Node } from './lambda-step.ts'
import { multistepPlan } from './multistep.ts'
import type { Solver } from './plan.ts'
import { checkOption, draw, lambda, lambdaLength, rho } from './weights.ts'

export type ResMultistepOptions = {
  /** The share of fresh noise, from 0 to 1, as in ancestral sampling. */
  readonly eta?: number
  /** Multiplies the fresh noise. */
  readonly sNoise?: number
}

/**
 * RES multistep (arXiv 2308.02157 §4, as in ComfyUI): the exact step under the line in λ through the last two estimates of
 * data, `x' = e^{−h}·x̂ + h·(b_1·D + b_2·D_prev)`, `b_2 = −φ_2(−h)·h/h_prev`, `b_1 = φ_1(−h) − b_2`; DPM-Solver++ 2M in its Heun form.
 * With `eta` the step goes down to `ρ_down = √(ρ'² − ρ_up²)`, `ρ_up = eta·ρ'·√(1 − ρ'²/ρ²)`, and noise up again.
 *
 * @throws OptionError unless eta is from 0 to 1
 */
export function resMultistep(options: ResMultistepOptions = {}): Solver {
  const { eta = 0, sNoise = 1 } = options
  const name = 'res-multistep'
  checkOption(name, 'eta', eta, 0, 1)
  checkOption(name, 'sNoise', sNoise, 0, 10)
  return {
    name,
    order: 2,
    plan(levels) {
      const downs = levels.slice(1).map((to, i) => {
        const up = Math.min(1, eta * Math.sqrt(Math.max(0, 1 - (rho(to) / rho(levels[i]!)) ** 2)))
        return { up, level: { alpha: to.alpha, sigma: to.sigma * Math.sqrt(Math.max(0, 1 - up * up)) } }
      })
      return multistepPlan(
        name,
        levels,
        ({ from, to, number, history }) => {
          const { up, level } = downs[number]!
          const nodes = number === 0 ? history : [history[0]!, before(number)]
          const noise = { slot: draw(0), weight: to.sigma * up * sNoise }
          return [...lambdaStep(from, level, nodes), ...(noise.weight > 0 ? [noise] : [])]
        },
        eta > 0,
      )

      /**
       * The estimate before, at the distance of the deterministic part of its step. That part is longer than the step, for
       * this step too, and weak second order needs the ratio of the two.
       */
      function before(number: number): Node {
        const from = levels[number - 1]!
        const length = lambdaLength(from, downs[number - 1]!.level)
        const level = from.alpha === 0 ? from : { alpha: 1, sigma: Math.exp(length - lambda(levels[number]!)) }
        return { level, index: number - 1 }
      }
    },
  }
}
