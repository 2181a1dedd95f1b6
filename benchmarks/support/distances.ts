import { existsSync, readFileSync } from 'node:fs'
import type { Contender, Grid, Program } from './contenders.ts'

/** One run: how far its latents are from the exact ones, as a root mean square. */
export type Distance = {
  readonly solver: string
  readonly grid: string
  readonly guidance: number
  /** Calls that were allowed, and those that were made. */
  readonly budget: number
  readonly calls: number
  readonly pair: number
  readonly error: number
}

export const budgets = [4, 5, 6, 8, 10, 15, 20, 30] as const
export const guidances = [7.5, 1] as const
export const programs: readonly Program[] = ['fewstep', 'diffusers', 'k-diffusion']

export const file = new URL('../results/error-per-call.jsonl', import.meta.url)

/** A line for each finished run; a last line that was cut off is left out. */
export function readDistances(): Distance[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return lines.map(line => JSON.parse(line) as Distance)
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
    // A mean over other pairs than the rest's could not be compared.
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
