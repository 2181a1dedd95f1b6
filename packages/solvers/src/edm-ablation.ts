import { levelAt } from './between.ts'
import { type ChurnOptions, checkChurn, churned } from './churn.ts'
import type { Combination, Evaluation, Solver, Step } from './plan.ts'
import {
  after,
  checkChoice,
  checkLevels,
  checkOption,
  evaluation,
  firstOrder,
  rho,
  state,
  weighted,
} from './weights.ts'

export type EdmAblationOptions = ChurnOptions & {
  /** The time variable of the steps: `linear` `sigma = t`, `ve` `sigma = √t`, `vp` `sigma = √(e^(betaD·t²/2 + betaMin·t) − 1)`. */
  readonly time?: 'linear' | 've' | 'vp'
  /** The scaling of x in the ODE: `none`, or `vp` `s = 1/√(1 + sigma²)`. */
  readonly scaling?: 'none' | 'vp'
  /** Steps of one evaluation (first order) instead of two. */
  readonly euler?: boolean
  /** Where the second evaluation lies in the step: 1 is Heun's method, 1/2 the midpoint rule. */
  readonly alpha?: number
  readonly betaD?: number
  readonly betaMin?: number
}

/** `sigma(t)`, its slope, and its inverse. */
type Time = { sigma(t: number): number; slope(t: number): number; at(sigma: number): number }

/**
 * The samplers of EDM's ablation (arXiv 2206.00364 table 1 and algorithm 3; `ablation_sampler` of its code): Euler's or a
 * second-order method on `dx/dt = (σ̇/σ + ṡ/s)·x − (σ̇·s/σ)·D(x/s; σ)` in the time and scaling of an earlier paper, at any
 * levels. A last step to sigma 0 is Euler's in that time, as in the original code. With linear time and no scaling it is `edmSolver`.
 *
 * @throws OptionError
 */
export function edmAblation(options: EdmAblationOptions = {}): Solver {
  const name = 'edm-ablation'
  const { time = 'linear', scaling = 'none', euler = false, alpha = 1, betaD = 19.9, betaMin = 0.1 } = options
  checkChoice(name, 'time', time, ['linear', 've', 'vp'])
  checkChoice(name, 'scaling', scaling, ['none', 'vp'])
  checkOption(name, 'alpha', alpha, 0.01, 1)
  checkOption(name, 'betaD', betaD, Number.MIN_VALUE, Number.MAX_VALUE)
  checkOption(name, 'betaMin', betaMin, Number.MIN_VALUE, Number.MAX_VALUE)
  checkChurn(name, options)
  const { sigma, slope, at } = timeOf(time, betaD, betaMin)
  const scale = (t: number): number => (scaling === 'vp' ? 1 / Math.hypot(1, sigma(t)) : 1)
  // The ODE's factors of x and of −D at a time.
  const factors = (t: number): readonly [ofX: number, ofData: number] => {
    const relative = slope(t) / sigma(t)
    const turn = scaling === 'vp' ? -sigma(t) * slope(t) * scale(t) ** 2 : 0
    return [relative + turn, relative * scale(t)]
  }
  return {
    name,
    order: euler ? 1 : 2,
    plan(levels, process) {
      checkLevels(name, levels)
      let index = 0
      const steps = levels.slice(1).map((to, i): Step => {
        const start = { from: levels[i]!, to, steps: levels.length - 1 }
        const { level: from, input, draws } = churned(name, start, options, process)
        const firstIndex = index++
        const first: Evaluation = { level: from, input }
        const only = (output: Combination): Step => ({
          from: start.from,
          to,
          draws,
          evaluations: [first],
          output: after(input, output),
        })
        if (from.alpha === 0) return only(firstOrder(from, to, firstIndex))
        const [t, end] = [at(rho(from)), to.sigma === 0 ? 0 : at(rho(to))]
        const [h, [a, b]] = [end - t, factors(t)]
        const before = scale(t) / from.alpha
        const move = (x: number, data: number): readonly (readonly [number, ReturnType<typeof evaluation>])[] => [
          [x * before, state],
          [data, evaluation(firstIndex)],
        ]
        const scaled = (terms: ReturnType<typeof move>, factor: number): Combination =>
          weighted(...terms.map(([weight, slot]) => [weight * factor, slot] as const))
        if (euler || to.sigma === 0) return only(scaled(move(1 + h * a, -h * b), to.alpha / scale(end)))
        index += 1
        const middle = alpha === 1 ? end : t + alpha * h
        const level = alpha === 1 ? to : levelAt(name, process, sigma(middle))
        const [a2, b2] = factors(middle)
        const [w1, w2] = [h * (1 - 1 / (2 * alpha)), h / (2 * alpha)]
        const inner = scaled(move(1 + alpha * h * a, -alpha * h * b), level.alpha / scale(middle))
        const output = scaled(
          [
            ...move(1 + w1 * a + w2 * a2 * (1 + alpha * h * a), -w1 * b - w2 * a2 * alpha * h * b),
            [-w2 * b2, evaluation(firstIndex + 1)],
          ],
          to.alpha / scale(end),
        )
        return { ...only(output), evaluations: [first, { level, input: after(input, inner) }] }
      })
      return { steps }
    },
  }
}

function timeOf(kind: 'linear' | 've' | 'vp', betaD: number, betaMin: number): Time {
  if (kind === 'linear') return { sigma: t => t, slope: () => 1, at: sigma => sigma }
  if (kind === 've') return { sigma: Math.sqrt, slope: t => 0.5 / Math.sqrt(t), at: sigma => sigma * sigma }
  const sigma = (t: number): number => Math.sqrt(Math.expm1((betaD * t * t) / 2 + betaMin * t))
  return {
    sigma,
    slope: t => 0.5 * (betaMin + betaD * t) * (sigma(t) + 1 / sigma(t)),
    at: sigma => (Math.sqrt(betaMin ** 2 + 2 * betaD * Math.log1p(sigma * sigma)) - betaMin) / betaD,
  }
}
