import type { Cell, Timetable } from './cell.ts'

/** Shares of a full evaluation's multiply-adds, for one condition. */
export type Costs = {
  /** An evaluation that reuses deep features. */
  readonly shallow: number
  /** All cross-attentions, and all self-attentions. */
  readonly cross: number
  readonly self: number
}

/**
 * The multiply-adds of a run with caches, as a share of those of the same run without caches.
 *
 * @param options `guided`: whether each evaluation without caches runs with two conditions
 */
export function shareOfWork(cells: Timetable, costs: Costs, options: { readonly guided: boolean }): number {
  const conditions = options.guided ? 2 : 1
  return workOfTimetable(cells, costs) / (conditions * cells.length)
}

/** The multiply-adds of a run, in full evaluations for one condition; the upper bound where a cache decides during the run. */
export function workOfTimetable(cells: Timetable, costs: Costs): number {
  return cells.reduce((sum, cell) => sum + workOf(cell, costs), 0)
}

/** The multiply-adds of one evaluation; see {@link workOfTimetable}. */
export function workOf(cell: Cell, costs: Costs): number {
  if (cell.output === 'forecast') return 0
  const conditions = cell.guidance === 'both' ? 2 : 1
  if (cell.deep === 'reuse') return conditions * costs.shallow
  return conditions * (1 - (cell.cross === 'reuse' ? costs.cross : 0) - (cell.self === 'reuse' ? costs.self : 0))
}
