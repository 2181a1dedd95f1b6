import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Process, Schedule } from '@fewstep/schedules'
import type { Solver } from '@fewstep/solvers'
import { type Contender, contenders, type Grid, grids, type Program, starts } from './contenders.ts'

/** One run: how far its latents are from the exact ones, as a root mean square. */
export type Distance = {
  readonly solver: string
  readonly grid: string
  readonly guidance: number
  /** The allowed number of evaluations, and the number that ran. */
  readonly budget: number
  readonly calls: number
  readonly pair: number
  readonly error: number
}

export const budgets = [4, 5, 6, 8, 10, 15, 20, 30] as const
export const guidances = [7.5, 1] as const
export const programs: readonly Program[] = ['fewstep', 'diffusers', 'k-diffusion']

export const file = new URL('../results/error-per-call.jsonl', import.meta.url)

/**
 * A line for each finished run; a last line that was cut off is left out. The first line names their model: for
 * another model, they are thrown away.
 */
export function readDistances(model?: string): Distance[] {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
  const head = lines.length === 0 ? undefined : (JSON.parse(lines[0]!) as { readonly model: string }).model
  if (model !== undefined && model !== head) {
    writeFileSync(file, `${JSON.stringify({ model })}\n`)
    return []
  }
  return lines.slice(1).map(line => JSON.parse(line) as Distance)
}

/** The solver and the schedule that a line of results names. */
export function combination(named: Pick<Distance, 'solver' | 'grid'>): {
  readonly solver: Solver
  readonly schedule: Schedule
} {
  const contender = [...contenders, ...starts].find(({ name }) => name === named.solver)
  const grid = grids.find(({ name }) => name === named.grid)
  if (contender === undefined || grid === undefined)
    throw new Error(`contenders.ts has no ${named.solver} on ${named.grid}`)
  return { solver: contender.solver, schedule: grid.schedule }
}

/** The most steps within a budget of evaluations; none where levels coincide after rounding. */
export function stepsFor(
  solver: Solver,
  schedule: Schedule,
  budget: number,
  process: Process,
): { readonly steps: number; readonly calls: number } | undefined {
  for (let steps = budget; steps >= 1; steps--) {
    try {
      const plan = solver.plan(schedule.levels(steps, process), process)
      const calls = plan.steps.reduce((sum, step) => sum + step.evaluations.length, 0)
      if (calls <= budget) return { steps, calls }
    } catch {
      return undefined
    }
  }
  return undefined
}

export type Place = { readonly guidance: number; readonly budget: number }

/** A solver on a schedule. */
export type Combination = { readonly contender: Contender; readonly grid: Grid }

/** Whether a program can run the combination: it must have both. */
export function has(program: Program, { contender, grid }: Combination): boolean {
  return contender.programs.includes(program) && grid.programs.includes(program)
}

/** Means over pairs, by combination and place. */
export function meansOf(
  distances: readonly Distance[],
  pairs: readonly number[],
): (combination: Combination, place: Place) => number | undefined {
  const wanted = new Set(pairs)
  const found = new Map<string, Map<number, number>>()
  for (const { solver, grid, guidance, budget, pair, error } of distances) {
    if (!wanted.has(pair)) continue
    const key = [solver, grid, guidance, budget].join('|')
    found.set(key, (found.get(key) ?? new Map()).set(pair, error))
  }
  return ({ contender, grid }, { guidance, budget }) => {
    const errors = found.get([contender.name, grid.name, guidance, budget].join('|'))
    // A mean over other pairs is not comparable.
    if (errors === undefined || errors.size < pairs.length) return undefined
    return [...errors.values()].reduce((a, b) => a + b, 0) / errors.size
  }
}

/** The combinations with the smallest means at a place, the best first. */
export function nearest(
  combinations: readonly Combination[],
  mean: (combination: Combination, place: Place) => number | undefined,
  place: Place,
  count: number,
): readonly Combination[] {
  return combinations
    .map(combination => ({ combination, mean: mean(combination, place) ?? Number.POSITIVE_INFINITY }))
    .filter(({ mean }) => Number.isFinite(mean))
    .sort((a, b) => a.mean - b.mean)
    .slice(0, count)
    .map(({ combination }) => combination)
}

/** The combinations with the smallest mean logarithms over places, those that lack a place last. */
export function nearestOverall(
  combinations: readonly Combination[],
  mean: (combination: Combination, place: Place) => number | undefined,
  places: readonly Place[],
  count: number,
): readonly Combination[] {
  const score = (combination: Combination): number =>
    places.reduce((sum, place) => sum + Math.log(mean(combination, place) ?? 10), 0)
  return [...combinations].sort((a, b) => score(a) - score(b)).slice(0, count)
}

/** The pairs that choose: timesteps were searched for on the first 8, which would flatter them in the choice. */
const choosing: readonly number[] = Array.from({ length: 8 }, (_, i) => 8 + i)

export type Chosen = { readonly program: Program; readonly combination: Combination; readonly mean: number }

/** fewstep's nearest combination at a place, and the nearest of the other programs, on the pairs that choose. */
export function chosenAt(
  distances: readonly Distance[],
): (place: Place) => { readonly ours: Chosen; readonly theirs: Chosen } {
  const mean = meansOf(distances, choosing)
  const all: readonly Combination[] = contenders.flatMap(contender => grids.map(grid => ({ contender, grid })))
  return place => {
    const [ours, ...others] = programs.map((program): Chosen => {
      const own = all.filter(combination => has(program, combination))
      const [combination] = nearest(own, mean, place, 1)
      if (combination === undefined) throw new Error(`no results of ${program} yet: run bench:error to its end`)
      return { program, combination, mean: mean(combination, place)! }
    })
    return { ours: ours!, theirs: others.reduce((a, b) => (b.mean < a.mean ? b : a)) }
  }
}
