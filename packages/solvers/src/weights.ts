import { checkNumber, FewstepError } from '@fewstep/errors'
import type { NoiseLevel } from '@fewstep/schedules'
import type { Combination, Slot, View } from './plan.ts'

/** `rho = sigma/alpha`; infinite where no signal is left. */
export function rho({ alpha, sigma }: NoiseLevel): number {
  return sigma / alpha
}

/** `lambda = ln(alpha/sigma)`: ∞ at sigma 0, −∞ at alpha 0. */
export function lambda({ alpha, sigma }: NoiseLevel): number {
  return Math.log(alpha) - Math.log(sigma)
}

/**
 * The length of a step in λ, `lambda(to) − lambda(from)`: infinite to sigma 0 and from alpha 0. Above 0 wherever sigma/alpha
 * falls, even by the last digit, where the difference of logarithms would vanish or change its sign.
 */
export function lambdaLength(from: NoiseLevel, to: NoiseLevel): number {
  const ratio = rho(to) / rho(from)
  return ratio > 0.5 && ratio < 2 ? -Math.log1p((rho(to) - rho(from)) / rho(from)) : lambda(to) - lambda(from)
}

export const state: Slot = { kind: 'state' }

export function evaluation(index: number, view: View = 'data'): Slot {
  return { kind: 'evaluation', index, view }
}

export function draw(index: number): Slot {
  return { kind: 'draw', index }
}

/** A weighted sum, without terms of weight zero. */
export function weighted(...terms: readonly (readonly [weight: number, slot: Slot])[]): Combination {
  return terms.filter(([weight]) => weight !== 0).map(([weight, slot]) => ({ slot, weight }))
}

/** `x` as it is. */
export const unchanged: Combination = [{ slot: state, weight: 1 }]

/** A sum with `input` in place of `x` at the start of the step. */
export function after(input: Combination, sum: Combination): Combination {
  if (input === unchanged) return sum
  return sum.flatMap(term =>
    term.slot.kind === 'state' ? input.map(({ slot, weight }) => ({ slot, weight: weight * term.weight })) : [term],
  )
}

/**
 * The exact step under a constant estimate D: `x' = (sigma'/sigma)·x + (alpha' − alpha·sigma'/sigma)·D` (DDIM, Euler and
 * DPM-Solver++ of first order alike). Holds at sigma' = 0 and at alpha = 0 as it stands.
 */
export function firstOrder(from: NoiseLevel, to: NoiseLevel, index: number): Combination {
  const ratio = to.sigma / from.sigma
  return weighted([ratio, state], [to.alpha - from.alpha * ratio, evaluation(index)])
}

/**
 * The same step in noise form: `x' = (alpha'/alpha)·x + (sigma' − alpha'·sigma/alpha)·ε`, for estimates averaged over
 * evaluations. Needs alpha > 0.
 */
export function transfer(
  from: NoiseLevel,
  to: NoiseLevel,
  noises: readonly (readonly [weight: number, index: number])[],
): Combination {
  const ratio = to.alpha / from.alpha
  const step = to.sigma - from.sigma * ratio
  return weighted(
    [ratio, state],
    ...noises.map(([weight, index]) => [weight * step, evaluation(index, 'noise')] as const),
  )
}

/**
 * To a lower level under a constant estimate, then noise up to `to`: `x' = alpha'·(D + down·ε + up·z)`. `down` and `up` are
 * ratios `sigma/alpha` with `down² + up² = ρ'²`. The noise is the first draw of the step.
 */
export function renoised(from: NoiseLevel, to: NoiseLevel, index: number, down: number, up: number): Combination {
  const kept = (to.alpha * down) / from.sigma
  return weighted([kept, state], [to.alpha - from.alpha * kept, evaluation(index)], [to.alpha * up, draw(0)])
}

/** @throws LevelsError unless there are at least two levels, all finite and falling in sigma/alpha */
export function checkLevels(solver: string, levels: readonly NoiseLevel[]): void {
  if (levels.length < 2) throw new LevelsError(solver, `expected at least two noise levels, got ${levels.length}`)
  for (const [i, level] of levels.entries()) {
    const { alpha, sigma } = level
    if (!(alpha >= 0 && sigma >= 0 && Number.isFinite(alpha + sigma) && alpha + sigma > 0)) {
      throw new LevelsError(solver, `level ${i} must have alpha and sigma of at least 0, got ${alpha} and ${sigma}`)
    }
    const before = levels[i - 1]
    if (before !== undefined && !(rho(level) < rho(before))) {
      throw new LevelsError(
        solver,
        `levels must fall in sigma/alpha, but level ${i} (${rho(level)}) is not below level ${i - 1} (${rho(before)})`,
      )
    }
  }
}

export class LevelsError extends FewstepError {
  override readonly name = 'Solvers.LevelsError'
  override readonly kind = 'input'
  constructor(solver: string, problem: string) {
    super(`${solver}: ${problem}; take them from a schedule's levels(steps, process)`)
  }
}

/** @throws OptionError unless the value is in its range, and a whole number with `whole` */
export function checkOption(
  solver: string,
  option: string,
  value: number,
  minimum: number,
  maximum: number,
  whole = false,
): void {
  checkNumber(value, { minimum, maximum, whole }, expected => new OptionError(solver, option, expected, value))
}

/** @throws OptionError unless the value is one of the choices */
export function checkChoice<T extends string>(solver: string, option: string, value: T, choices: readonly T[]): void {
  if (!choices.includes(value)) throw new OptionError(solver, option, `one of ${choices.join(', ')}`, value)
}

export class OptionError extends FewstepError {
  override readonly name = 'Solvers.OptionError'
  override readonly kind = 'input'
  constructor(solver: string, option: string, expected: string, got: unknown) {
    super(`${solver}: ${option} must be ${expected}, got ${got}`)
  }
}
