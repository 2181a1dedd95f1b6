import type { NoiseLevel, Process } from '@fewstep/schedules'
import { type LambdaStepOptions, lambdaStep, type Node } from './lambda-step.ts'
import type { Combination, Evaluation, Solver, Step } from './plan.ts'
import { checkChoice, checkLevels, checkOption, LevelsError, unchanged } from './weights.ts'

export type SaSolverOptions = {
  /** How many estimates the predictor uses, from 1 to 9. */
  readonly predictorOrder?: number
  /** How many the corrector uses, the new one among them, up to 9; 0 for none. */
  readonly correctorOrder?: number
  /** The strength τ of fresh noise, from 0 to 3: 0 is the ODE, 1 the reverse SDE. */
  readonly tau?: number
  /**
   * Where noise is added: steps that begin between these fractions of the process's timesteps, from its cleanest one. The
   * end of 0.801 takes in timestep 800 of 1000, as diffusers does.
   */
  readonly start?: number
  readonly end?: number
  readonly view?: 'data' | 'noise'
  /** In data form, sums over two estimates by the published shortcut, instead of the exact integral. */
  readonly simple?: boolean
  /** Lower the order step by step to 1 at the end. */
  readonly lowerOrderFinal?: boolean
  /** Evaluate again after each correction (PECE): nearly two evaluations a step. */
  readonly evaluateAgain?: boolean
}

/**
 * SA-Solver (arXiv 2309.05019 algorithm 1): stochastic Adams methods, predictor and corrector, with the same noise in both:
 * `x' = (sigma'/sigma)·e^{−τ²h}·x + alpha'·∫(1+τ²)·e^{(1+τ²)(μ−λ')}·D(μ) dμ + sigma'·√(1 − e^{−2τ²h})·z`, `D` the polynomial in λ
 * through the last estimates (eq. 14), or the like with noise. The corrector costs no extra evaluation: the next step
 * begins with the same one. Draws noise at every step, as diffusers does, unless tau is 0.
 *
 * Without noise its order is the smaller of `predictorOrder + 1` and `correctorOrder`; with noise it has at most weak order 2.
 * These orders hold for `lowerOrderFinal: false`.
 *
 * @throws OptionError, and LevelsError where `start` or `end` needs a process and there is none
 */
export function saSolver(options: SaSolverOptions = {}): Solver {
  const { predictorOrder = 2, correctorOrder = 2, tau = 1, start = 0.2, end = 0.801, view = 'data' } = options
  const { simple = true, lowerOrderFinal = true, evaluateAgain = false } = options
  const name = 'sa-solver'
  checkOption(name, 'predictorOrder', predictorOrder, 1, 9, true)
  checkOption(name, 'correctorOrder', correctorOrder, 0, 9, true)
  checkOption(name, 'tau', tau, 0, 3)
  checkOption(name, 'start', start, 0, 1)
  checkOption(name, 'end', end, 0, 1)
  checkChoice(name, 'view', view, ['data', 'noise'])
  const order = correctorOrder === 0 ? predictorOrder : Math.min(predictorOrder + 1, correctorOrder)
  return {
    name,
    order: tau === 0 ? order : Math.min(2, order),
    plan(levels, process) {
      checkLevels(name, levels)
      const inside = tau === 0 ? () => false : within(start, end, process)
      let past: readonly Node[] = []
      let [index, evaluated] = [0, false]
      const steps = levels.slice(1).map((to, number): Step => {
        const from = levels[number]!
        const evaluations: Evaluation[] = []
        const evaluate = (level: NoiseLevel, input: Combination): Node => {
          evaluations.push({ level, input })
          return { level, index: index++ }
        }
        if (!evaluated) past = [evaluate(from, unchanged), ...past]
        const eta = inside(from) ? tau * tau : 0
        const stepOptions: LambdaStepOptions = {
          view,
          eta,
          change: (moments, h) =>
            simple && view === 'data' && moments.length === 2 ? [moments[0]!, ((1 + eta) * h) / 2] : moments,
        }
        const left = lowerOrderFinal ? levels.length - 1 - number : Number.POSITIVE_INFINITY
        let output = lambdaStep(from, to, past.slice(0, Math.min(predictorOrder, left)), stepOptions)
        evaluated = correctorOrder > 0 && number < levels.length - 2 && from.alpha > 0
        if (evaluated) {
          const node = evaluate(to, output)
          const [newest, ...older] = past.slice(0, Math.min(correctorOrder - 1, left))
          output = lambdaStep(from, to, newest === undefined ? [node] : [newest, node, ...older], stepOptions)
          if (evaluateAgain) evaluated = false
          else past = [node, ...past]
        }
        return { from, to, draws: tau > 0 ? [{ from, to }] : [], evaluations, output }
      })
      return { steps }
    },
  }
}

/** Whether a level lies between fractions of the process's timesteps. */
function within(start: number, end: number, process: Process | undefined): (level: NoiseLevel) => boolean {
  if (start === 0 && end === 1) return () => true
  if (process === undefined)
    throw new LevelsError('sa-solver', 'start and end are parts of a process; pass it to plan(levels, process)')
  const { first, last } = process
  return level => {
    const part = ((level.timestep ?? process.timestep(level)) - first) / (last - first)
    return part >= start && part <= end
  }
}
