import type { Plan, Solver } from '@fewstep/solvers'
import { describe, expect, test } from 'vitest'
import { type Frame, frames, type Grid, grids } from './frames.ts'
import { exactSolution, line, type Mixture, plane, posteriorMean } from './mixture.ts'

/**
 * Where the solutions start, at `rho` 10, in the frame of `alpha = 1`. Several, and the norm of all errors is measured: the
 * leading error of a method happens to vanish on single trajectories.
 */
const starts = new Map<Mixture, readonly Float64Array[]>([
  [line, [7, 3, -9, 12].map(x => Float64Array.of(x))],
  [plane, [Float64Array.of(5, -4), Float64Array.of(-8, 6)]],
])

const solutions = new Map<string, readonly Float64Array[]>()

function solution(mixture: Mixture, start: Float64Array, grid: Grid, steps: number): readonly Float64Array[] {
  const key = `${mixture.name} ${start} ${grid.name} ${steps}`
  const known = solutions.get(key) ?? exactSolution(mixture, start, grid.rhos(steps))
  solutions.set(key, known)
  return known
}

/**
 * A plan interpreted in float64, with exact starting values: in the first `exact` steps every evaluation at a node of the
 * grid and every result is taken from the exact solution, so that a multistep method is judged by its own order and not by
 * that of its start.
 */
function interpret(
  plan: Plan,
  options: {
    readonly mixture: Mixture
    readonly frame: Frame
    readonly rhos: readonly number[]
    readonly truth: readonly Float64Array[]
    readonly exact: number
  },
): Float64Array {
  const { mixture, frame, rhos, truth, exact } = options
  const exactAt = (rho: number): Float64Array | undefined => {
    const node = rhos.findIndex(own => Math.abs(own / rho - 1) < 1e-12)
    const { alpha } = frame.at(rho)
    return truth[node]?.map(value => alpha * value)
  }
  let state = exactAt(rhos[0]!)!
  const data: Float64Array[] = []
  const noise: Float64Array[] = []
  const sum = (terms: Plan['steps'][number]['output']): Float64Array =>
    state.map((_, i) =>
      terms.reduce((total, { slot, weight }) => {
        if (slot.kind === 'draw') throw new Error('a stochastic plan')
        const tensor = slot.kind === 'state' ? state : (slot.view === 'noise' ? noise : data)[slot.index]!
        return total + weight * tensor[i]!
      }, 0),
    )
  for (const [number, step] of plan.steps.entries()) {
    for (const { level, input } of step.evaluations) {
      const at = (number < exact ? exactAt(level.sigma / level.alpha) : undefined) ?? sum(input)
      const denoised = posteriorMean(mixture, at, level)
      data.push(denoised)
      noise.push(at.map((value, i) => (value - level.alpha * denoised[i]!) / level.sigma))
    }
    state = (number < exact ? exactAt(step.to.sigma / step.to.alpha) : undefined) ?? sum(step.output)
  }
  return state
}

type Measure = { readonly mixture: Mixture; readonly frame: Frame; readonly grid: Grid; readonly exact: number }

/** The norm of the errors at the end, from all starts of a mixture, in the frame of `alpha = 1`. */
export function globalError(solver: Solver, { mixture, frame, grid, exact }: Measure, steps: number): number {
  const rhos = grid.rhos(steps)
  const plan = solver.plan(
    rhos.map(rho => frame.at(rho)),
    frame.process,
  )
  const { alpha } = frame.at(rhos[steps]!)
  const differences = starts.get(mixture)!.flatMap(start => {
    const truth = solution(mixture, start, grid, steps)
    const end = interpret(plan, { mixture, frame, rhos, truth, exact })
    return [...end.map((value, i) => value / alpha - truth[steps]![i]!)]
  })
  return Math.hypot(...differences)
}

/** The measured global order between `from` steps and `to`, doubled each time. */
function measuredOrder(solver: Solver, options: Measure & { readonly from?: number; readonly to?: number }): number {
  const { from = 40, to = 320 } = options
  const errors: { readonly steps: number; readonly error: number }[] = []
  for (let steps = from; steps <= to; steps *= 2) {
    const error = globalError(solver, options, steps)
    // Below this, rounding shows instead of the method.
    if (error < 2e-12) break
    errors.push({ steps, error })
  }
  const [coarse, fine] = errors.slice(-2)
  if (fine === undefined) throw new Error(`${solver.name}: too exact to be measured from ${from} steps`)
  return Math.log2(coarse!.error / fine.error) / Math.log2(fine.steps / coarse!.steps)
}

/** A solver whose `order` is to be proved. */
export type Claim = {
  readonly name?: string
  readonly solver: Solver
  /** How many steps a multistep method takes to its full order: these start exactly. */
  readonly exact?: number
  /** The numbers of steps to measure between, where the usual 40 to 320 do not show the order; say why beside it. */
  readonly from?: number
  readonly to?: number
  /** The grids to measure on, where not the usual three: fixed weights have their own order on even grids only. */
  readonly grids?: readonly Grid[]
  /** The order that is claimed on these grids, where it is not the solver's. */
  readonly order?: number
}

/** Tests that each solver's measured slope is within 0.25 of its claimed order: three grids, three frames, two mixtures. */
export function provesOrder(claims: readonly Claim[]): void {
  describe.each(
    claims.map(claim => [claim.name ?? claim.solver.name, claim.order ?? claim.solver.order, claim] as const),
  )('%s has order %d', (_, order, { solver, exact = 0, from = 40, to = 320, grids: chosen = grids }) => {
    for (const grid of chosen) {
      test.each(frames.map(frame => [frame.name, frame] as const))(`on a ${grid.name} grid, %s`, (_, frame) => {
        for (const mixture of [line, plane]) {
          const slope = measuredOrder(solver, { mixture, frame, grid, exact, from, to })
          expect(Math.abs(slope - order), `${mixture.name}: slope ${slope}`).toBeLessThan(0.25)
        }
      })
    }
  })
}
