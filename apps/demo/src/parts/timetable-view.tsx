import type { VNode } from 'preact'
import { type CellKind, type CellView, cellViews, kinds } from '../plan/cells.ts'
import { goAlong } from './go-along.ts'
import type { ChartProps, LaneRun } from './runs.ts'

/** A cell for each evaluation: its height shows the conditions, its fill what is computed. */
export function TimetableView({ runs, looked, onLook }: ChartProps): VNode {
  const used = new Set<CellKind>()
  for (const { run } of runs) for (const { kind } of cellViews(run.cells)) used.add(kind)
  return (
    <>
      {runs.map(run => (
        <Row key={run.side} {...run} looked={looked} onLook={onLook} />
      ))}
      <ul class="legend">
        {[...used].map(kind => (
          <li key={kind}>
            <span class={`cell-sample ${kind}`} />
            {kinds[kind]}
          </li>
        ))}
        <li>
          <span class="cell-sample half" />
          half height: one condition (no guidance)
        </li>
      </ul>
    </>
  )
}

function Row({ side, name, run, looked, onLook }: LaneRun & Omit<ChartProps, 'runs'>): VNode {
  const cells = cellViews(run.cells)
  const isLooked = ({ step }: CellView): boolean => looked.side === side && step === looked.step
  // One button of a row is in the tab order.
  const tabStop = Math.max(0, cells.findIndex(isLooked))
  return (
    <div class={`timetable-row ${side}`}>
      <h3>{name}</h3>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would be announced as a form's */}
      <div class="cells" role="group" aria-label={`Evaluations of ${name}`} onKeyDown={goAlong}>
        {cells.map((cell, i) => (
          <button
            type="button"
            key={cell.evaluation}
            class={`cell ${cell.kind} conditions-${cell.conditions}`}
            aria-label={cell.words}
            aria-pressed={isLooked(cell)}
            title={cell.words}
            tabIndex={i === tabStop ? 0 : -1}
            onFocus={() => onLook({ side, step: cell.step })}
            onPointerEnter={() => onLook({ side, step: cell.step })}
          />
        ))}
      </div>
    </div>
  )
}
