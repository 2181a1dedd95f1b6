import type { NoiseLevel, Process } from '@fewstep/schedules'
import type { AdaptiveSolver } from './adaptive.ts'
import { innerLevels } from './dpm-singlestep.ts'
import type { Combination } from './plan.ts'
import { singlestep } from './singlestep.ts'
import { pid, type StepControl } from './step-control.ts'
import { checkChoice, checkOption, evaluation, state, weighted } from './weights.ts'

export type DpmAdaptiveOptions = {
  /** Evaluations of an attempt: 2 for DPM-Solver-12, 3 for DPM-Solver-23. */
  readonly order?: 2 | 3
  /** The error that a step may make: `max(atol, rtol·|x|)`, x over alpha. */
  readonly atol?: number
  readonly rtol?: number
  /** The length of the first attempt, in λ. */
  readonly firstStep?: number
  /** The rule from errors to step lengths: `pid()` as in k-diffusion, or `integral()` as in the paper. */
  readonly control?: StepControl
  readonly eta?: number
  readonly sNoise?: number
}

/**
 * DPM-Solver with steps as long as a tolerance allows (arXiv 2206.00927 appendix C; k-diffusion's `dpm_adaptive`): each
 * attempt computes a step of order `order − 1` and one of order `order` from the same evaluations, and their difference is
 * the error. With `eta` the steps end below their level, and noise is added (only where they are accepted).
 *
 * @throws OptionError
 */
export function dpmAdaptive(options: DpmAdaptiveOptions = {}): AdaptiveSolver {
  const name = 'dpm-adaptive'
  const { order = 3, atol = 0.0078, rtol = 0.05, firstStep = 0.05, control = pid(), eta = 0, sNoise = 1 } = options
  const most = Number.MAX_VALUE
  checkChoice(name, 'order', `${order}`, ['2', '3'])
  checkOption(name, 'atol', atol, 0, most)
  checkOption(name, 'rtol', rtol, atol > 0 ? 0 : 1e-12, most)
  checkOption(name, 'firstStep', firstStep, 1e-6, most)
  checkOption(name, 'eta', eta, 0, 1)
  checkOption(name, 'sNoise', sNoise, 0, most)
  const form = { view: 'noise', solverType: 'midpoint' } as const
  return {
    name,
    order,
    eta,
    sNoise,
    tolerance: { absolute: atol, relative: rtol },
    firstStep,
    // Noise lowers the order, as in k-diffusion.
    control: () => control(eta > 0 ? 1.5 : order),
    attempt(from: NoiseLevel, to: NoiseLevel, process: Process | undefined) {
      const inner = innerLevels(name, from, to, order === 3 ? [1 / 3, 2 / 3] : [1 / 2], process)
      const { evaluations, output } = singlestep(from, inner, to, 0, form)
      const low = singlestep(from, inner.slice(0, -1), to, 0, form).output
      return { evaluations, low, rise: rise(low, output) }
    },
  }
}

/** `high − low` as a sum that counts from the low result. Both move x by the same factor. */
function rise(low: Combination, high: Combination): Combination {
  const weightIn = (sum: Combination, index: number): number =>
    sum.find(({ slot }) => slot.kind === 'evaluation' && slot.index === index)?.weight ?? 0
  const terms = [0, 1, 2].map(i => [weightIn(high, i) - weightIn(low, i), evaluation(i, 'noise')] as const)
  return weighted([1, state], ...terms)
}
