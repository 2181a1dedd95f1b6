import type { NoiseLevel, Process } from '@fewstep/schedules'
import { ancestral } from './ancestral.ts'
import { levelAt } from './between.ts'
import type { ChurnOptions } from './churn.ts'
import type { Solver, Step } from './plan.ts'
import { rungeKutta } from './rho-rk.ts'
import { rhoStep } from './rho-step.ts'
import type { Tableau } from './tableau.ts'
import { checkLevels, checkOption, draw, evaluation, firstOrder, rho, state, unchanged, weighted } from './weights.ts'

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
 * k-diffusion's ancestral DPM-2: the same to `ρ_down`, then noise `ρ_up`, as in `eulerAncestral`. `flow` chooses `ρ_down` as
 * for rectified flow, and makes the step in its time: `dx̃/dτ = ε − D` with `x̃ = x/(alpha + sigma)`,
 * `τ = sigma/(alpha + sigma)`, the middle at `√(τ·τ_down)` (ComfyUI's form).
 *
 * @throws OptionError
 */
export function dpm2Ancestral(
  options: { readonly eta?: number; readonly flow?: boolean; readonly sNoise?: number } = {},
): Solver {
  const name = 'dpm-2-ancestral'
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
          const start = { level: from, input: unchanged, draws: [{ from, to }] }
          const tableau = geometricMidpoint(rho(from), down)
          const step = flow
            ? { ...start, ...flowMidpoint(name, from, lower, index, process) }
            : rhoStep(name, start, lower, { tableau, index, process })
          index += step.evaluations.length
          const output = [...step.output, ...weighted([to.alpha * up * sNoise, draw(0)])]
          return { from, to, draws: step.draws, evaluations: step.evaluations, output }
        }),
      }
    },
  }
}

/** The midpoint rule in flow matching's time; a step to sigma 0, or from alpha 0, is Euler's. */
function flowMidpoint(
  name: string,
  from: NoiseLevel,
  to: NoiseLevel,
  index: number,
  process: Process | undefined,
): Pick<Step, 'evaluations' | 'output'> {
  const first = { level: from, input: unchanged }
  if (to.sigma === 0 || from.alpha === 0) return { evaluations: [first], output: firstOrder(from, to, index) }
  const [start, end] = [from, to].map(({ alpha, sigma }) => sigma / (alpha + sigma)) as [number, number]
  const half = Math.sqrt(start * end)
  const level = levelAt(name, process, half / (1 - half))
  const scale = (to.alpha + to.sigma) * (end - start)
  return {
    evaluations: [first, { level, input: firstOrder(from, level, index) }],
    output: weighted(
      [to.sigma / from.sigma, state],
      [scale * (1 / half - 1 / start), evaluation(index)],
      [-scale / half, evaluation(index + 1)],
    ),
  }
}

function geometricMidpoint(from: number, to: number): Tableau {
  return { a: [[], [(Math.sqrt(from * to) - from) / (to - from)]], b: [0, 1] }
}
