import type { Planned } from '../plan/planned.ts'

/** A lane with a run, as charts take it. */
export type LaneRun = { readonly side: 'left' | 'right'; readonly name: string; readonly run: Planned }

/** The step that is looked at. */
type Looked = { readonly side: 'left' | 'right'; readonly step: number }

export type ChartProps = {
  readonly runs: readonly LaneRun[]
  readonly looked: Looked
  readonly onLook: (looked: Looked) => void
}
