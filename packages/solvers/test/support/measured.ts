import { readOptions } from '@fewstep/schedules/catalogue'
import { elementwiseError, runAdaptive, type Solver } from '@fewstep/solvers'
import type { AdaptiveRow, SolverRow } from '@fewstep/solvers/catalogue'
import { frames, type Grid } from './frames.ts'
import { exactSolution, line, plane, posteriorMean } from './mixture.ts'
import { moments } from './moments.ts'
import { globalError } from './order.ts'
import { vectors } from './vectors.ts'

/**
 * Where orders are measured: variance preserving, even steps in λ. It begins at `rho` 2, where the data's shape shows: from
 * much noise the denoiser hardly changes in the first steps, and the order that a start takes away shows itself only beyond
 * thousands of steps.
 */
const frame = frames[0]!
const [highest, lowest] = [2, 0.1]
const grid: Grid = {
  name: 'even in λ from 2',
  rhos: steps => Array.from({ length: steps + 1 }, (_, i) => highest * (lowest / highest) ** (i / steps)),
}

/** What is measured of a row: the method, a run with default options, and one with the start that keeps the order. */
export type Measured = {
  readonly name: string
  readonly stochastic: boolean
  readonly method: number
  readonly byDefault: number
  readonly fullStart?: number
  /** What that start costs beside the evaluations of the levels. */
  readonly extraEvaluations?: number
}

/** The ratio of the two numbers of steps: both leave the same rest to singlestep methods of order 3. */
const factor = 4
const rounding = 1e-13

/**
 * The orders of a row, as slopes between `steps` and four times as many. The method has exact starting values, no lower
 * order at the end, and numbers of steps that singlestep methods of any order divide; runs take numbers of steps that leave
 * those of order 3 a rest of one. Stochastic rows are measured with twice as many.
 */
export async function measuredOrders(row: SolverRow, steps = 40): Promise<Measured> {
  const created = (options: Readonly<Record<string, boolean | string>>): Solver => {
    const known = Object.entries(options).filter(([name]) => row.options[name] !== undefined)
    return row.create(readOptions(row.options, Object.fromEntries(known), row.name))
  }
  const slope = row.stochastic ? weakSlope : globalSlope
  const startable = row.options.start?.type === 'choice'
  const full = startable ? created({ start: 'full' }) : undefined
  return {
    name: row.name,
    stochastic: row.stochastic,
    method: await slope(created({ lowerOrderFinal: false }), row.stochastic ? 2 * steps : 3 * (steps / 2), 4),
    byDefault: await slope(created({}), row.stochastic ? 2 * steps : steps, 0),
    ...(full === undefined
      ? {}
      : { fullStart: await slope(full, steps, 0), extraEvaluations: extra(full, created({})) }),
  }
}

function globalSlope(solver: Solver, steps: number, exact: number): number {
  const error = (count: number): number =>
    Math.hypot(...[line, plane].map(mixture => globalError(solver, { mixture, frame, grid, exact }, count)))
  let fine = factor * steps
  // A method of high order is at rounding soon.
  while (error(fine) < rounding && fine > steps) fine /= 2
  return Math.log(error(steps) / error(fine)) / Math.log(fine / steps)
}

/** The lower slope of mean and variance on Gaussian data; one that is exact has none. */
async function weakSlope(solver: Solver, steps: number): Promise<number> {
  const [mean, deviation] = [0.8, 0.6]
  const errors = async (count: number): Promise<readonly number[]> => {
    const rhos = grid.rhos(count)
    const got = await moments(solver, { frame, rhos, mean, deviation })
    return [got.mean - mean, got.variance - (deviation ** 2 + rhos[count]! ** 2)].map(Math.abs)
  }
  const [coarse, fine] = [await errors(steps), await errors(factor * steps)]
  return Math.min(
    ...coarse.flatMap((error, i) => (fine[i]! < rounding ? [] : [Math.log(error / fine[i]!) / Math.log(factor)])),
  )
}

/** How many evaluations a run has beside those without the option. */
function extra(solver: Solver, usual: Solver): number {
  const levels = grid.rhos(20).map(rho => frame.at(rho))
  const count = (each: Solver): number =>
    each.plan(levels, frame.process).steps.reduce((sum, { evaluations }) => sum + evaluations.length, 0)
  return count(solver) - count(usual)
}

/** The order of a method of adaptive steps: the slope of the error over the evaluations that two tolerances lead to. */
export async function measuredAdaptive(row: AdaptiveRow): Promise<number> {
  const ends = [highest, lowest].map(rho => frame.at(rho))
  const start = 3
  const exact = exactSolution(line, Float64Array.of(start), [highest, lowest])[1]![0]!
  const measure = async (tolerance: number): Promise<{ readonly error: number; readonly evaluations: number }> => {
    const ops = vectors()
    const options = readOptions(row.options, { atol: tolerance, rtol: tolerance }, row.name)
    const events = runAdaptive(row.create(options), ends, Float64Array.of(ends[0]!.alpha * start), {
      ops,
      process: frame.process,
      error: elementwiseError,
      denoise: (x, level) => ({ denoised: ops.make(posteriorMean(line, x, level)) }),
      noise: x => ops.make(x),
    })
    let evaluations = 0
    for (;;) {
      const { value, done } = await events.next()
      if (done) return { error: Math.abs(value[0]! / ends[1]!.alpha - exact), evaluations }
      evaluations = value.evaluations
    }
  }
  const [coarse, fine] = [await measure(1e-8), await measure(1e-11)]
  return Math.log(coarse.error / fine.error) / Math.log(fine.evaluations / coarse.evaluations)
}
