import type { NoiseLevel, Process } from '@fewstep/schedules'
import type { OptionSpec } from '@fewstep/schedules/catalogue'
import { levelAt } from './between.ts'
import type { Combination, Draw } from './plan.ts'
import { checkOption, draw, rho, state, unchanged, weighted } from './weights.ts'

/** The stochasticity of EDM's algorithm 2 (arXiv 2206.00364 §4). */
export type ChurnOptions = {
  /** `S_churn`: before each evaluation the noise grows by the factor `1 + min(churn/steps, √2 − 1)`. 0 is deterministic. */
  readonly churn?: number
  /** `S_tmin` and `S_tmax`: the range of `sigma/alpha` where noise is added. */
  readonly sMin?: number
  readonly sMax?: number
  /** `S_noise`: a factor of the deviation of the noise that is added. */
  readonly sNoise?: number
}

export const churnSpecs: Readonly<Record<'churn' | 'sMin' | 'sMax' | 'sNoise', OptionSpec>> = {
  churn: {
    type: 'number',
    default: 0,
    minimum: 0,
    help: 'how much noise is added before the evaluations, over all steps',
  },
  sMin: { type: 'number', default: 0, minimum: 0, help: 'no noise is added below this sigma/alpha' },
  sMax: { type: 'number', minimum: 0, help: 'no noise is added above this sigma/alpha' },
  sNoise: { type: 'number', default: 1, minimum: 0, help: 'factor of the deviation of the noise that is added' },
}

/** @throws OptionError */
export function checkChurn(solver: string, options: ChurnOptions): void {
  const most = Number.MAX_VALUE
  checkOption(solver, 'churn', options.churn ?? 0, 0, most)
  checkOption(solver, 'sMin', options.sMin ?? 0, 0, most)
  checkOption(solver, 'sMax', options.sMax ?? most, options.sMin ?? 0, Number.POSITIVE_INFINITY)
  checkOption(solver, 'sNoise', options.sNoise ?? 1, 0, most)
}

/** The level and the input of a step's first evaluation. */
export type Start = { readonly level: NoiseLevel; readonly input: Combination; readonly draws: readonly Draw[] }

/**
 * Lines 4 to 6 of algorithm 2: `ρ̂ = ρ + γρ`, `x̂ = x + √(ρ̂² − ρ²)·S_noise·z` (x over alpha), before the
 * evaluation. With churn, each step makes one noise draw, whether it adds noise or not, as the original does.
 */
export function churned(
  solver: string,
  step: { readonly from: NoiseLevel; readonly to: NoiseLevel; readonly steps: number },
  options: ChurnOptions,
  process: Process | undefined,
): Start {
  const { churn = 0, sMin = 0, sMax = Number.POSITIVE_INFINITY, sNoise = 1 } = options
  const { from, to, steps } = step
  const draws = churn > 0 ? [{ from, to }] : []
  const own = rho(from)
  if (churn === 0 || from.alpha === 0 || own < sMin || own > sMax) return { level: from, input: unchanged, draws }
  const gamma = Math.min(churn / steps, Math.SQRT2 - 1)
  const level = levelAt(solver, process, own * (1 + gamma))
  const added = own * Math.sqrt(gamma * (2 + gamma))
  return {
    level,
    input: weighted([level.alpha / from.alpha, state], [level.alpha * added * sNoise, draw(0)]),
    draws,
  }
}
