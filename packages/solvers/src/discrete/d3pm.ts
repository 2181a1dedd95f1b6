import { type Alpha, checkAlpha, linear } from './alpha.ts'
import { checkTemperature } from './dndm.ts'
import { TokenError } from './errors.ts'
import { noiseProbability, type TokenNoise } from './noise.ts'
import type { TokenSampler } from './plan.ts'
import { checkSteps } from './transition.ts'

/**
 * D3PM's ancestral sampling (arXiv:2107.03006; arXiv:2102.05379): every step draws every position from
 * `p(x_s|x_t) = Σ_x0 p(x0|x_t)·q(x_s|x_t, x0)`. One evaluation a step: the baseline for the evaluations that DNDM saves.
 *
 * @throws TokenError
 */
export function d3pm(options: { readonly alpha?: Alpha; readonly temperature?: number } = {}): TokenSampler {
  const { alpha = linear(), temperature = 1 } = options
  checkAlpha('d3pm', alpha)
  checkTemperature('d3pm', temperature)
  return {
    name: 'd3pm',
    plan(layout, steps) {
      checkSteps('d3pm', steps, false)
      return {
        layout,
        steps: Array.from({ length: steps }, (_, i) => ({
          time: (steps - i) / steps,
          selection: { kind: 'ancestral', from: alpha((steps - i) / steps), to: alpha((steps - i - 1) / steps) },
          temperature,
        })),
      }
    },
  }
}

/**
 * `p(x_s = k|x_t) ∝ [β·1(k = x_t) + (1 − β)·q(x_t)]·Σ_x0 p(x0)·[α_s·1(k = x0) + (1 − α_s)·q(k)]/Z(x0)`, with
 * `β = α_t/α_s` and `Z(x0) = α_t·1(x0 = x_t) + (1 − α_t)·q(x_t)`. A token with noise probability 0 is the clean one, and stays.
 *
 * @param clean the model's `p(x0|x_t)`, which sums to 1
 * @param from `α_t`; `to` is `α_s`, which is larger
 */
export function ancestralProbabilities(
  clean: Float64Array,
  token: number,
  alphas: { readonly from: number; readonly to: number },
  noise: TokenNoise,
): Float64Array {
  const { from, to } = alphas
  if (!(to > 0 && from >= 0 && from <= to && to <= 1)) {
    throw new TokenError(
      'd3pm',
      '0 <= alpha(t) <= alpha(s) <= 1 with alpha(s) > 0',
      `${from} and ${to}`,
      'take fewer steps',
    )
  }
  const out = new Float64Array(clean.length)
  const here = noiseProbability(noise, token)
  if (here === 0) {
    out[token] = 1
    return out
  }
  const elsewhere = (1 - from) * here
  if (elsewhere === 0) {
    out[token] = 1
    return out
  }
  const kept = from / to
  let mass = 0
  for (let k = 0; k < clean.length; k++) {
    out[k] = clean[k]! / (k === token ? from + elsewhere : elsewhere)
    mass += out[k]!
  }
  let total = 0
  for (let k = 0; k < clean.length; k++) {
    const reach = (k === token ? kept : 0) + (1 - kept) * here
    out[k] = reach * (to * out[k]! + (1 - to) * noiseProbability(noise, k) * mass)
    total += out[k]!
  }
  return out.map(value => value / total)
}
