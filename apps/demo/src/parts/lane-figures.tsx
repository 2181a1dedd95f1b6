import type { VNode } from 'preact'
import { type Planned, workOfRun } from '../plan/planned.ts'
import type { Drawing } from '../state/drawing.ts'
import type { Lane } from '../state/place.ts'
import { percent } from '../words.ts'
import { useApp } from './context.ts'

type Props = {
  readonly drawing: Drawing | undefined
  readonly run: Planned | undefined
  readonly lane: Lane
  readonly other: { readonly run: Planned | undefined; readonly lane: Lane; readonly name: string } | undefined
}

/** Calls, time and work of a lane. */
export function LaneFigures({ drawing, run, lane, other }: Props): VNode | null {
  const shares = useApp().shares.value
  if (run === undefined) return null
  const work = workOfRun(run, lane, shares)
  const theirs = other?.run === undefined ? undefined : workOfRun(other.run, other.lane, shares)
  const made = drawing?.drawn
  return (
    <dl class="figures">
      <div>
        <dt>Network calls</dt>
        <dd>{made?.evaluations ?? atMost(run.atMost, String(run.calls))}</dd>
      </div>
      <div>
        <dt>Time</dt>
        <dd>{made === undefined ? '–' : `${made.seconds.toFixed(2)} s`}</dd>
      </div>
      <div>
        <dt>Multiply-adds of the run without caches</dt>
        <dd>{work === undefined ? 'unknown' : atMost(work.atMost, percent(work.share))}</dd>
      </div>
      {other !== undefined && (
        <div>
          <dt>Multiply-adds of {other.name}</dt>
          <dd>
            {work === undefined || theirs === undefined || theirs.calls === 0 || theirs.atMost
              ? 'unknown'
              : atMost(work.atMost, percent(work.calls / theirs.calls))}
          </dd>
        </div>
      )}
    </dl>
  )
}

function atMost(isBound: boolean, figure: string): string {
  return isBound ? `≤ ${figure}` : figure
}
