import type { VNode } from 'preact'
import { type Planned, workOfRun } from '../plan/planned.ts'
import type { Drawing } from '../state/drawing.ts'
import type { Lane } from '../state/place.ts'
import { percent } from '../words.ts'
import { useApp } from './context.ts'

/** A lane's run, and how it is drawn. */
type LaneRun = { readonly run: Planned | undefined; readonly lane: Lane }

type Props = LaneRun & {
  readonly drawing: Drawing | undefined
  readonly other: (LaneRun & { readonly name: string }) | undefined
}

/** Evaluations, time and work of a lane: of its image, or before there is one, of its settings. */
export function LaneFigures({ drawing, run, lane, other }: Props): VNode | null {
  const shares = useApp().shares.value
  const work = run && workOfRun(run, lane, shares)
  const theirs = other?.run && workOfRun(other.run, other.lane, shares)
  const made = drawing?.drawn
  if (run === undefined && made === undefined) return null
  return (
    <dl class="figures">
      <Figure name="Evaluations">{made?.evaluations ?? atMost(run!.atMost, String(run!.calls))}</Figure>
      <Figure name="Time">{made === undefined ? '–' : `${made.seconds.toFixed(2)} s`}</Figure>
      <Figure name="Multiply-adds">
        {work === undefined || shares === undefined
          ? 'unknown'
          : atMost(work.atMost, inWords(work.calls * shares.total))}
      </Figure>
      {other !== undefined && (
        <Figure name={`Multiply-adds, compared with ${other.name}`}>
          {work === undefined || theirs === undefined || theirs.calls === 0 || theirs.atMost
            ? 'unknown'
            : atMost(work.atMost, percent(work.calls / theirs.calls))}
        </Figure>
      )}
    </dl>
  )
}

function Figure({ name, children }: { readonly name: string; readonly children: string | number }): VNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** A large number in words. */
function inWords(number: number): string {
  const [scale, unit] = number >= 1e12 ? [1e12, 'trillion'] : number >= 1e9 ? [1e9, 'billion'] : [1e6, 'million']
  return `${(number / scale).toPrecision(3)} ${unit}`
}

function atMost(isBound: boolean, figure: string): string {
  return isBound ? `≤ ${figure}` : figure
}
