import { type SolverRow, solverCatalogue } from '@fewstep/solvers/catalogue'
import type { Lane } from '../state/place.ts'
import { planned } from './planned.ts'

/** The numbers of evaluations at which solvers meet. */
export const callCounts = [5, 8, 10, 20] as const

/** The lane of a solver with the most evaluations up to `calls`; `undefined` where there is none. */
export function laneWithCalls(
  schedulerConfig: unknown,
  solver: string,
  calls: number,
  common: Pick<Lane, 'guidance' | 'schedule'>,
): Lane | undefined {
  // From above, since most solvers make one evaluation a step, and some one less.
  for (let steps = calls + 1; steps >= 1; steps--) {
    const lane: Lane = { ...common, steps, solver, caches: [] }
    const made = callsOrNone(schedulerConfig, lane)
    if (made !== undefined && made <= calls) return lane
  }
  return undefined
}

/** The lane that stands for the exact solution: many evaluations of a third-order solver. */
export function convergedLane(common: Pick<Lane, 'guidance' | 'schedule'>): Lane {
  return { ...common, steps: 60, solver: 'dpmpp-3m', caches: [] }
}

/** Solvers that can be entered, for a choice: those that a model's configuration gives a plan. */
export function entrantRows(schedulerConfig: unknown): readonly SolverRow[] {
  return solverCatalogue.filter(
    ({ name }) => callsOrNone(schedulerConfig, { steps: 8, guidance: 1, solver: name, caches: [] }) !== undefined,
  )
}

/** Some solvers ask for more steps than a few, or for another kind of model: they are left out. */
function callsOrNone(schedulerConfig: unknown, lane: Lane): number | undefined {
  try {
    return planned(schedulerConfig, lane)?.calls
  } catch {
    return undefined
  }
}
