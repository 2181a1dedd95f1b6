import { checkNumber } from '@fewstep/errors'
import { OptionError } from './weights.ts'

/** Whether an attempted step is accepted, and the factor from its length to the next one's. */
export type Verdict = { readonly accept: boolean; readonly factor: number }

/** A rule for step lengths. For a method of the given order it creates the rule of one run, from errors (1 is the tolerance) to verdicts. */
export type StepControl = (order: number) => (error: number) => Verdict

/**
 * The proportional-integral-derivative rule of k-diffusion: `e_n = 1/error`,
 * `factor = 1 + atan(e_n^((p+i+d)/order)·e_{n−1}^(−(p+2d)/order)·e_{n−2}^(d/order) − 1)`, accepted where it is at least
 * `safety`. The earlier errors are those of accepted steps.
 *
 * @throws OptionError
 */
export function pid(
  options: { readonly p?: number; readonly i?: number; readonly d?: number; readonly safety?: number } = {},
): StepControl {
  const { p = 0, i = 1, d = 0, safety = 0.81 } = options
  for (const [name, value] of Object.entries({ p, i, d }))
    checkNumber(value, {}, expected => new OptionError('pid', name, expected, value))
  if (!(safety > 0 && safety < 1)) throw new OptionError('pid', 'safety', 'a number between 0 and 1', safety)
  return order => {
    let [last, before]: readonly (number | undefined)[] = []
    return error => {
      const now = 1 / (error + 1e-8)
      const raw =
        now ** ((p + i + d) / order) * (last ?? now) ** (-(p + 2 * d) / order) * (before ?? now) ** (d / order)
      const factor = 1 + Math.atan(raw - 1)
      const accept = factor >= safety
      // The first error also serves as the two before it, even where its step is tried again.
      if (last === undefined) [last, before] = [now, now]
      if (accept) [before, last] = [last, now]
      return { accept, factor }
    }
  }
}

/**
 * The rule of the DPM-Solver paper (arXiv 2206.00927 appendix C): `factor = safety·error^(−1/order)`, accepted where the
 * error is at most 1.
 */
export function integral(options: { readonly safety?: number } = {}): StepControl {
  const { safety = 0.9 } = options
  if (!(safety > 0 && safety < 1)) throw new OptionError('integral', 'safety', 'a number between 0 and 1', safety)
  return order => error => ({ accept: error <= 1, factor: safety * Math.max(error, 1e-8) ** (-1 / order) })
}
