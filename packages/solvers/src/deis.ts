import type { NoiseLevel, Process } from '@fewstep/schedules'
import { adamsStep } from './adams-bashforth.ts'
import { lambdaStep } from './lambda-step.ts'
import { type EndOptions, multistepPlan, orderAt } from './multistep.ts'
import { type Coordinate, inRho, noiseWeights } from './noise-weights.ts'
import type { Solver } from './plan.ts'
import { integrate } from './quadrature.ts'
import { checkChoice, checkOption, LevelsError, lambda, rho } from './weights.ts'

const variants = ['log-rho', 'rho', 't'] as const

export type DeisOptions = EndOptions & {
  /** How many estimates are used, from 1 to 4. */
  readonly order?: number
  /** What the estimates are interpolated in: `ln ρ` (as in diffusers), ρ, or the process's timestep (`tAB`). */
  readonly variant?: (typeof variants)[number]
}

/**
 * DEIS (arXiv 2204.13902 §3.3): the Adams–Bashforth method with exact weights on any grid,
 * `x' = (alpha'/alpha)·x + alpha'·Σ_j ε_j·∫_ρ^ρ' ℓ_j dρ`, `ℓ_j` Lagrange's basis in `ln ρ`, ρ or t. In `ln ρ = −λ` it is
 * DPM-Solver on the noise.
 *
 * A last step to sigma 0 is of first order. By default, `'log-rho'` lowers the order over the last steps of runs of fewer
 * than 15 steps, as diffusers does; the paper's variants keep their order.
 *
 * @throws OptionError
 */
export function deis(options: DeisOptions = {}): Solver {
  const { order = 3, variant = 'log-rho' } = options
  const name = `deis-${order}`
  checkOption('deis', 'order', order, 1, 4, true)
  checkChoice(name, 'variant', variant, variants)
  const end: EndOptions = variant === 'log-rho' ? options : { lowerOrderFinal: false, ...options }
  return {
    name,
    order,
    plan(levels, process) {
      const coordinate = variant === 't' ? inTime(process) : inRho
      return multistepPlan(name, levels, move => {
        const { from, to, number, steps, history } = move
        const stepOrder = orderAt(order, number, steps, end)
        if (variant === 'log-rho' || to.sigma === 0)
          return lambdaStep(from, to, history.slice(0, stepOrder), { view: 'noise' })
        return adamsStep(move, stepOrder, nodes => noiseWeights(coordinate, move, nodes))
      })
    },
  }
}

/** The process's timestep. Levels outside of its range share one, which lowers the order there. */
function inTime(process: Process | undefined): Coordinate {
  if (process === undefined)
    throw new LevelsError('deis', 'the variant t interpolates in timesteps; pass the process to plan(levels, process)')
  const at = (level: NoiseLevel): number => process.timestep(level)
  return {
    at,
    means(count, from, to) {
      const [start, end] = [at(from), at(to)]
      // By ln ρ, in which timesteps run smoothly: dρ = ρ·d(ln ρ).
      const mean = (k: number): number =>
        integrate(
          log => ((at({ alpha: 1, sigma: Math.exp(log) }) - start) / (end - start)) ** k * Math.exp(log),
          -lambda(from),
          -lambda(to),
        ) /
        (rho(to) - rho(from))
      return Array.from({ length: count }, (_, k) => (k === 0 ? 1 : mean(k)))
    },
  }
}
