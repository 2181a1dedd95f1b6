import type { Planned } from '../plan/planned.ts'

export const sides = { left: 'Lane A', right: 'Lane B' } as const
export type Side = keyof typeof sides

/** A lane with a run, as charts take it. */
export type LaneRun = { readonly side: Side; readonly name: string; readonly run: Planned }

/** The step that is looked at. */
export type Looked = { readonly side: Side; readonly step: number }

export type ChartProps = {
  readonly runs: readonly LaneRun[]
  readonly looked: Looked
  readonly onLook: (looked: Looked) => void
}
