import type { Cell, Timetable } from './cell.ts'

/** Shares of a full call's multiply-adds, for one condition. */
export type Costs = {
  /** A call that reuses deep features. */
  readonly shallow: number
  /** All cross-attentions, and all self-attentions. */
  readonly cross: number
  readonly self: number
}

/**
 * The share of the multiply-adds that a run under caches needs of the run without them.
 *
 * @param options `guided`: whether each call without caches asks two conditions
 */
export function shareOfWork(cells: Timetable, costs: Costs, options: { readonly guided: boolean }): number {
  const conditions = options.guided ? 2 : 1
  return workOfTimetable(cells, costs) / (conditions * cells.length)
}

/** The multiply-adds of a run, in full calls for one condition; the most where it decides on the way. */
export function workOfTimetable(cells: Timetable, costs: Costs): number {
  return cells.reduce((sum, cell) => sum + workOf(cell, costs), 0)
}

/** The multiply-adds of one call, in full calls for one condition; the most where it decides on the way. */
export function workOf(cell: Cell, costs: Costs): number {
  if (cell.output === 'forecast') return 0
  const conditions = cell.guidance === 'both' ? 2 : 1
  if (cell.deep === 'reuse') return conditions * costs.shallow
  return conditions * (1 - (cell.cross === 'reuse' ? costs.cross : 0) - (cell.self === 'reuse' ? costs.self : 0))
}
