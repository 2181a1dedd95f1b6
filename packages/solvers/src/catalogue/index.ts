import { adamsRows } from './adams.ts'
import { type AdaptiveRow, adaptiveRows } from './adaptive.ts'
import { cfgPpRows } from './cfg-pp.ts'
import { ddimRows } from './ddim.ts'
import { deisRows } from './deis.ts'
import { distilledRows } from './distilled.ts'
import { dpmRows } from './dpm.ts'
import { eulerRows } from './euler.ts'
import { flowRows } from './flow.ts'
import type { SolverRow } from './row.ts'
import { rungeKuttaRows } from './runge-kutta.ts'
import { sdeRows } from './sde.ts'
import { singlestepRows } from './singlestep.ts'
import { unipcRows } from './unipc.ts'

export type { AdaptiveRow } from './adaptive.ts'
export type { SolverAliases, SolverRow } from './row.ts'

/** Every solver, by name. */
export const solverCatalogue: readonly SolverRow[] = [
  ...eulerRows,
  ...ddimRows,
  ...dpmRows,
  ...singlestepRows,
  ...unipcRows,
  ...deisRows,
  ...rungeKuttaRows,
  ...flowRows,
  ...sdeRows,
  ...adamsRows,
  ...distilledRows,
  ...cfgPpRows,
]

/** The methods that choose their steps during the run; `runAdaptive` runs them. */
export const adaptiveCatalogue: readonly AdaptiveRow[] = adaptiveRows
