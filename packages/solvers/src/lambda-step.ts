import type { NoiseLevel } from '@fewstep/schedules'
import { boundedWeights, type nodalWeights } from './nodal.ts'
import type { Combination } from './plan.ts'
import { integrate } from './quadrature.ts'
import { draw, evaluation, lambdaLength, state, weighted } from './weights.ts'

/** An evaluation: its number, and its level. */
export type Node = { readonly level: NoiseLevel; readonly index: number }

export type LambdaStepOptions = {
  readonly view?: 'data' | 'noise'
  /** The share of fresh noise: 0 is the ODE, 1 the reverse SDE. */
  readonly eta?: number
  /** Multiplies the fresh noise. */
  readonly sNoise?: number
  /**
   * For published forms that differ from the exact integral: replaces its moments `c_k` (of `u^k`, `u = (λ − λ_from)/h`). They
   * are scaled so that `c_0` is the sum of the weights: `1 − e^{−(1+eta)h}` in data form, `expm1(h)` in noise form. There is
   * one for each node in use.
   */
  readonly change?: (moments: readonly number[], h: number) => readonly number[]
  /** For published forms that are not the integral of a polynomial: replaces the computation of the weights. */
  readonly weigh?: typeof nodalWeights | undefined
}

/**
 * The exact step under the polynomial in λ through the estimates at `nodes` (arXiv 2211.01095 eq. 9, 2206.00927 eq. 3.4;
 * with noise arXiv 2211.01095 §5, `eta` as in k-diffusion), `h = λ' − λ`:
 *
 * - data: `x' = (sigma'/sigma)·e^{−eta·h}·x + alpha'·∫(1+eta)·e^{(1+eta)(μ−λ')}·D(μ) dμ + sigma'·√(1 − e^{−2·eta·h})·z`
 * - noise: `x' = (alpha'/alpha)·x − (1+eta)·sigma'·∫e^{λ'−μ}·ε(μ) dμ + sigma'·√(eta·expm1(2h))·z`
 *
 * The nodes come in the order of their importance: the last ones are left out where weights would be huge, and so are those
 * at alpha 0. A step that is infinite in λ is of first order in data form.
 */
export function lambdaStep(
  from: NoiseLevel,
  to: NoiseLevel,
  nodes: readonly Node[],
  options: LambdaStepOptions = {},
): Combination {
  const { view = 'data', eta = 0, sNoise = 1, change = moments => moments, weigh } = options
  const h = lambdaLength(from, to)
  // Beyond this, e^h overflows.
  if (h > 500) return plainStep(from, to, nodes[0]!.index, h, options)
  const used = nodes.filter(({ level }) => level.alpha > 0)
  const data = view === 'data'
  const z = data ? -(1 + eta) * h : h
  const weights = boundedWeights(
    used.map(({ level }) => lambdaLength(from, level) / h),
    count => change(exponentialMoments(count, z), h),
    weigh,
  )
  const scale = data ? to.alpha : -(1 + eta) * to.sigma
  return weighted(
    [data ? (to.sigma / from.sigma) * Math.exp(-eta * h) : to.alpha / from.alpha, state],
    ...weights.map((weight, j) => [scale * weight, evaluation(used[j]!.index, view)] as const),
    [sNoise * to.sigma * Math.sqrt(data ? -Math.expm1(-2 * eta * h) : eta * Math.expm1(2 * h)), draw(0)],
  )
}

/**
 * The step of first order in data form, which is right for every length: to sigma 0 it ends on the estimate itself. The noise
 * form would not, where a corrector has moved x since the noise was estimated.
 */
function plainStep(
  from: NoiseLevel,
  to: NoiseLevel,
  index: number,
  h: number,
  options: LambdaStepOptions,
): Combination {
  const { eta = 0, sNoise = 1 } = options
  const kept = (to.sigma / from.sigma) * (eta === 0 ? 1 : Math.exp(-eta * h))
  return weighted(
    [kept, state],
    [to.alpha - from.alpha * kept, evaluation(index)],
    [eta === 0 ? 0 : sNoise * to.sigma * Math.sqrt(-Math.expm1(-2 * eta * h)), draw(0)],
  )
}

/** `|z|·∫_0^1 e^{z(1−u)}·u^k du`, for k below the count. */
function exponentialMoments(count: number, z: number): readonly number[] {
  let integral = Math.expm1(z) / z
  return Array.from({ length: count }, (_, k) => {
    // Integration by parts is exact to rounding for large z only, the quadrature for all others.
    if (k > 0)
      integral = Math.abs(z) > 12 ? (k * integral - 1) / z : integrate(u => Math.exp(z * (1 - u)) * u ** k, 0, 1)
    return Math.abs(z) * integral
  })
}
