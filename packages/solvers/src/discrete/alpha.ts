import { checkToken, TokenError } from './errors.ts'

/**
 * The share of clean tokens at a time from 0 (all: 1) to 1 (none: 0), which never rises. A token of `x_t` is the clean one
 * with probability `alpha(t)`, otherwise noise. With T steps the times are `t/T`.
 */
export type Alpha = (time: number) => number

/** `α(t) = 1 − t`. */
export function linear(): Alpha {
  return time => 1 - time
}

/** `α(t) = cos(πt/2)`. */
export function cosine(): Alpha {
  return time => (time === 1 ? 0 : Math.cos((Math.PI * time) / 2))
}

/** `α(t) = f(t)/f(0)`, `f(t) = cos²((t + offset)/(1 + offset)·π/2)` (arXiv:2102.09672, equation 17: offset 0.008). */
export function cosineSquared(options: { readonly offset?: number } = {}): Alpha {
  const { offset = 0 } = options
  checkToken('cosineSquared: offset', offset, { minimum: 0 }, 'the usual one is 0.008')
  const f = (time: number): number => Math.cos((((time + offset) / (1 + offset)) * Math.PI) / 2) ** 2
  return time => (time === 1 ? 0 : f(time) / f(0))
}

/** @throws TokenError unless the function is 1 at 0, 0 at 1 and never rises */
export function checkAlpha(subject: string, alpha: Alpha): void {
  const remedy = 'give a function that falls from 1 at time 0 to 0 at time 1'
  for (const [time, expected] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const got = alpha(time)
    if (!(Math.abs(got - expected) < 1e-9))
      throw new TokenError(subject, `alpha(${time}) = ${expected}`, `${got}`, remedy)
  }
  for (let i = 1; i <= 1000; i++) {
    const [before, after] = [alpha((i - 1) / 1000), alpha(i / 1000)]
    if (after <= before) continue
    throw new TokenError(subject, 'an alpha that never rises', `${before}, then ${after} at time ${i / 1000}`, remedy)
  }
}
