import type { NoiseLevel } from '@fewstep/schedules'
import { type Noising, sdeNoise } from './noising.ts'
import { phi } from './phi.ts'
import type { Combination, Draw, Evaluation, Step } from './plan.ts'
import { draw, evaluation, firstOrder, lambdaLength, state, unchanged, weighted } from './weights.ts'

/** The differences between the members of the DPM-Solver singlestep family. */
export type SinglestepForm = {
  /** DPM-Solver integrates the noise, DPM-Solver++ the data. */
  readonly view: 'data' | 'noise'
  /** Slopes by the midpoint rule, or by the polynomial through all values. */
  readonly solverType: 'midpoint' | 'heun'
  /** The same for the second stage of a third-order step; the papers have the polynomial. */
  readonly stageType?: 'midpoint' | 'heun'
  /** Fresh noise, for data forms. */
  readonly noising?: Noising
  readonly sNoise?: number
  /** The originals' noise: a separate draw for each stage, from `from`, instead of one path that the stages share. */
  readonly reference?: boolean
}

const still: Noising = /* @__PURE__ */ sdeNoise(0)

/**
 * One step with an evaluation at `from` and one at each of `inner`: exponential Runge–Kutta of order 1 to 3
 * (arXiv 2206.00927 algorithms 1, 4 and 5; arXiv 2211.01095 algorithm 1; with noise arXiv 2305.14267).
 *
 * `x_c = (sigma_c/sigma)·kept·x + alpha_c·H·Σ w_j·D_j + noise` with `H = h − ln kept`, or in noise form
 * `x_c = (alpha_c/alpha)·x − sigma_c·h·Σ w_j·ε_j`, where the weights come from φ-functions of `∓H` and the fractions
 * `r_j` of the step in λ. A step without end in λ has no inner levels and is of first order in data form.
 */
export function singlestep(
  from: NoiseLevel,
  inner: readonly NoiseLevel[],
  to: NoiseLevel,
  index: number,
  form: SinglestepForm,
): Pick<Step, 'draws' | 'evaluations' | 'output'> {
  const { view, solverType, stageType = 'heun', noising = still, sNoise = 1, reference = false } = form
  const targets = [...inner, to]
  const lengths = targets.map(level => lambdaLength(from, level))
  const noisy = noising.added(Number.POSITIVE_INFINITY) > 0
  let unit: readonly number[] = []
  const sums = targets.map((target, k): Combination => {
    const h = lengths[k]!
    if (noisy) unit = correlated(unit, noising, lengths, k, reference)
    const noise = unit.map((weight, i) => [weight * target.sigma * noising.added(h) * sNoise, draw(i)] as const)
    if (!noisy && (h === Number.POSITIVE_INFINITY || (k === 0 && view === 'data')))
      return firstOrder(from, target, index)
    const exponent = view === 'noise' ? h : Math.log(noising.kept(h)) - h
    const nodes = lengths.slice(0, k).map(length => length / h)
    const type = k === targets.length - 1 ? solverType : stageType
    const shares = exponent === Number.NEGATIVE_INFINITY ? [1] : weightsOf(nodes, exponent, type, noisy && reference)
    const scale =
      view === 'noise' ? -target.sigma * h : target.alpha * (exponent === Number.NEGATIVE_INFINITY ? 1 : -exponent)
    const ratio = view === 'noise' ? target.alpha / from.alpha : (target.sigma / from.sigma) * noising.kept(h)
    return weighted(
      [ratio, state],
      ...shares.map((w, j) => [scale * w, evaluation(index + j, view)] as const),
      ...noise,
    )
  })
  const evaluations = [from, ...inner].map(
    (level, k): Evaluation => ({ level, input: k === 0 ? unchanged : sums[k - 1]! }),
  )
  const draws = targets.map((end, k): Draw => ({ from: reference || k === 0 ? from : targets[k - 1]!, to: end }))
  return { draws: noisy ? draws : [], evaluations, output: sums.at(-1)! }
}

/** The weights of the values at 0 and at `nodes` (fractions of the step) in `∫_0^1 e^((1−θ)z)·D(θ) dθ`. */
function weightsOf(
  nodes: readonly number[],
  z: number,
  type: 'midpoint' | 'heun',
  published: boolean,
): readonly number[] {
  const [r1, r2] = nodes
  const one = phi(1, z)
  if (r1 === undefined) return [one]
  if (r2 === undefined) {
    const w = type === 'heun' ? phi(2, z) / r1 : one / (2 * r1)
    return [one - w, w]
  }
  if (type === 'midpoint') return [one - phi(2, z) / r2, 0, phi(2, z) / r2]
  // As published for the SDE, the term of the second difference has a wrong sign: −φ2 − ½ for ½ − φ2.
  const curve = 2 * (published ? (phi(2, z) + 0.5) / z : phi(3, z))
  const w1 = (phi(2, z) * r2 - curve) / (r1 * (r2 - r1))
  const w2 = (curve - phi(2, z) * r1) / (r2 * (r2 - r1))
  return [one - w1 - w2, w1, w2]
}

/**
 * The noise at target `k` as a unit vector over the draws, one for each interval between targets. The noise up to the
 * target before decays by `kept` over the interval, and the draw of the interval adds the rest.
 */
function correlated(
  before: readonly number[],
  { kept, added }: Noising,
  lengths: readonly number[],
  k: number,
  reference: boolean,
): readonly number[] {
  if (k === 0) return [1]
  if (reference) return [...before.map(() => 0), 1]
  const [h, part] = [lengths[k]!, lengths[k - 1]!]
  // The rate over the whole step: the ancestral form has another one for each length.
  const rate = -Math.log(kept(h)) / h
  const noise = (length: number): number => -Math.expm1(-2 * rate * length)
  const old = Math.exp(-rate * (h - part)) * Math.sqrt(noise(part) / noise(h))
  return added(h) === 0
    ? [...before, 0]
    : [...before.map(weight => weight * old), Math.sqrt(noise(h - part) / noise(h))]
}
