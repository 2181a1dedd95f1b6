import { betaCdf, betaQuantile } from '@fewstep/schedules'
import { type Alpha, checkAlpha } from './alpha.ts'
import { checkToken } from './errors.ts'
import { type Uniform, uniforms } from './uniforms.ts'

/**
 * The distribution of the transition time τ in (0, 1], at which a token becomes noise in the forward process and a word in
 * the reverse process (DNDM, arXiv:2312.09193). With T steps, τ is rounded up to a multiple of 1/T.
 */
export type TransitionLaw = {
  readonly name: string
  /** `P(τ <= time)`. */
  cdf(time: number): number
  /** The inverse of `cdf`. */
  quantile(probability: number): number
}

/**
 * The distribution that belongs to the noise of the model: `P(τ <= t) = 1 − α(t)`, so `P(τ = t/T) = α((t−1)/T) − α(t/T)`
 * (arXiv:2312.09193) and, in continuous time, the density `−α′(t)`.
 *
 * @throws TokenError
 */
export function exact(alpha: Alpha): TransitionLaw {
  checkAlpha('exact', alpha)
  return {
    name: 'exact',
    cdf: time => 1 - alpha(Math.min(1, Math.max(0, time))),
    quantile(probability) {
      let low = 0
      let high = 1
      while ((low + high) / 2 > low && (low + high) / 2 < high) {
        const middle = (low + high) / 2
        if (1 - alpha(middle) < probability) low = middle
        else high = middle
      }
      return high
    },
  }
}

/**
 * `τ ~ Beta(a, b)` (arXiv:2312.09193): chosen independently of the noise that the model was trained with. The
 * authors' choices in discrete time, for multinomial and absorbing models: IWSLT14 (17, 5) and (5, 3), WMT14 (5, 3) and
 * (3, 3), WMT16 (17, 7) and (20, 5); in continuous time IWSLT14 (17, 4), WMT (100, 4).
 *
 * @throws ScheduleError unless a and b are above 0
 */
export function beta(options: { readonly a: number; readonly b: number }): TransitionLaw {
  const { a, b } = options
  betaCdf(0.5, a, b)
  return {
    name: 'beta',
    cdf: time => betaCdf(time, a, b),
    quantile: probability => betaQuantile(probability, a, b),
  }
}

/** `P(τ = t/T)` for t = 1 … T. */
export function transitionProbabilities(law: TransitionLaw, steps: number): readonly number[] {
  checkSteps('transitionProbabilities', steps, false)
  return Array.from({ length: steps }, (_, i) => law.cdf((i + 1) / steps) - law.cdf(i / steps))
}

/**
 * How many model evaluations `positions` tokens with independent times need on average:
 * `E|𝒯| = Σ_t 1 − (1 − P(τ = t))^positions` (arXiv:2312.09193); at infinitely many steps, one for each.
 */
export function expectedCalls(law: TransitionLaw, steps: number, positions: number): number {
  if (steps === Number.POSITIVE_INFINITY) return positions
  return transitionProbabilities(law, steps).reduce((sum, p) => sum - Math.expm1(positions * Math.log1p(-p)), 0)
}

/** Independent transition times: multiples of `1/steps`, or any number in (0, 1] at infinitely many steps. */
export function drawTimes(law: TransitionLaw, steps: number, count: number, random: Uniform): readonly number[] {
  return Array.from(uniforms(random, count), u => {
    const time = law.quantile(u)
    if (steps === Number.POSITIVE_INFINITY) return Math.max(time, Number.MIN_VALUE)
    return Math.min(Math.max(Math.ceil(time * steps), 1), steps) / steps
  })
}

/** @throws TokenError */
export function checkSteps(subject: string, steps: number, infinite: boolean): void {
  if (infinite && steps === Number.POSITIVE_INFINITY) return
  const remedy = infinite ? 'Infinity is continuous time' : 'give a finite number'
  checkToken(`${subject}: steps`, steps, { whole: true, minimum: 1 }, remedy)
}
