import { multistepPlan } from './multistep.ts'
import { boundedWeights, nodalWeights } from './nodal.ts'
import type { Solver } from './plan.ts'
import { integrate } from './quadrature.ts'
import { checkOption, draw, evaluation, OptionError, rho, state, weighted } from './weights.ts'

export type ErSdeOptions = {
  /** How many estimates are used, from 1 to 3. */
  readonly order?: number
  /**
   * How fast noise is replaced, a function of `ρ = sigma/alpha` that grows as fast as ρ, or faster. ρ itself is the ODE (of
   * order 3 with three estimates), ρ² the reverse SDE. The default is the paper's best, `ρ·(e^{ρ^0.3} + 10)`.
   */
  readonly phi?: (rho: number) => number
  readonly sNoise?: number
  /**
   * As published: at order 3 the slope lacks the second difference's share, and integrals are sums of 200 terms, which makes
   * the method first order.
   */
  readonly reference?: boolean
}

/**
 * ER-SDE-Solver-1, 2 and 3 (arXiv 2309.06169 algorithms 1 to 3), with `r = φ(ρ')/φ(ρ)`:
 * `x' = (alpha'/alpha)·r·x + alpha'·φ(ρ')·∫_{ρ'}^{ρ} D(v)·φ'(v)/φ(v)² dv + alpha'·√(ρ'² − ρ²r²)·z`, `D` the polynomial in ρ through the
 * last estimates. A step to sigma 0, or from alpha 0, is of first order.
 *
 * @throws OptionError for an option out of range, and where phi grows too slowly
 */
export function erSde(options: ErSdeOptions = {}): Solver {
  const { order = 3, phi = rho => rho * (Math.exp(rho ** 0.3) + 10), sNoise = 1, reference = false } = options
  const name = 'er-sde'
  checkOption(name, 'order', order, 1, 3, true)
  checkOption(name, 'sNoise', sNoise, 0, 10)
  return {
    name,
    order: reference ? 1 : Math.min(2, order),
    plan(levels) {
      const plan = multistepPlan(name, levels, ({ from, to, history }) => {
        const [start, end] = [rho(from), rho(to)]
        // Where phi overflows, nothing of x remains, as from alpha 0.
        const short = to.sigma === 0 || phi(start) === Number.POSITIVE_INFINITY
        const kept = short ? 0 : phi(end) / phi(start)
        const share = short ? (to.sigma > 0 ? 1 : 0) : 1 - ((start * kept) / end) ** 2
        if (!(share >= -1e-9 && kept >= 0))
          throw new OptionError(name, 'phi', 'a positive function that grows as fast as rho, or faster', phi)
        const used = history.slice(0, short ? 1 : order).filter(({ level }, i) => i === 0 || level.alpha > 0)
        const nodes = short ? [0] : used.map(({ level }) => (rho(level) - start) / (end - start))
        const integral = reference ? riemann : byLog
        const weights = boundedWeights(
          nodes,
          count => Array.from({ length: count }, (_, k) => (k === 0 ? 1 - kept : moment(k, start, end, phi, integral))),
          reference ? publishedWeights : nodalWeights,
        )
        return weighted(
          [short ? 0 : (to.alpha / from.alpha) * kept, state],
          ...weights.map((weight, j) => [to.alpha * weight, evaluation(used[j]!.index)] as const),
          // Where phi is rho, rounding alone would draw noise.
          [share < 1e-12 ? 0 : to.sigma * sNoise * Math.sqrt(share), draw(0)],
        )
      })
      return {
        steps: plan.steps.map(step => {
          const draws = step.output.some(({ slot }) => slot.kind === 'draw') ? [{ from: step.from, to: step.to }] : []
          return { ...step, draws }
        }),
      }
    },
  }
}

type Integral = (f: (v: number) => number, from: number, to: number) => number

/** The step's integral of `u^k`, `u = (v − ρ)/(ρ' − ρ)`, by parts: `1 + φ(ρ')/(ρ' − ρ)·∫_{ρ'}^{ρ} k·u^{k−1}/φ(v) dv`. */
function moment(k: number, start: number, end: number, phi: (rho: number) => number, integral: Integral): number {
  const length = end - start
  return 1 + (phi(end) / length) * integral(v => (k * ((v - start) / length) ** (k - 1)) / phi(v), end, start)
}

/** In the variable ln v, in which φ runs smoothly. */
function byLog(f: (v: number) => number, from: number, to: number): number {
  return integrate(log => f(Math.exp(log)) * Math.exp(log), Math.log(from), Math.log(to))
}

function riemann(f: (v: number) => number, from: number, to: number): number {
  const width = (to - from) / 200
  return Array.from({ length: 200 }, (_, i) => f(from + i * width)).reduce((sum, value) => sum + value) * width
}

/** The slope of the line through the last two estimates, beside the second derivative of the parabola through three. */
function publishedWeights(nodes: readonly number[], moments: readonly number[]): number[] {
  const [sum, slope, curve] = moments
  return nodalWeights(nodes, curve === undefined ? moments : [sum!, slope!, curve + nodes[1]! * slope!])
}
