import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useApp } from '../parts/context.ts'
import { DrawingView } from '../parts/drawing-view.tsx'
import { LaneFigures } from '../parts/lane-figures.tsx'
import { LaneForm } from '../parts/lane-form.tsx'
import { LevelChart } from '../parts/level-chart.tsx'
import { PictureView } from '../parts/picture-view.tsx'
import { type LaneRun, type Looked, type Side, sides } from '../parts/runs.ts'
import { SubjectForm } from '../parts/subject-form.tsx'
import { TimetableView } from '../parts/timetable-view.tsx'
import { usePlanned } from '../parts/use-planned.ts'
import { WeightsView } from '../parts/weights-view.tsx'
import { difference, psnr } from '../picture/psnr.ts'
import type { Drawing } from '../state/drawing.ts'
import { decibels } from '../words.ts'

export function CompareView(): VNode {
  const app = useApp()
  const place = app.place.value
  const isOpen = app.model.value.state === 'open'
  useEffect(() => {
    if (isOpen) app.wantShares()
  }, [app, isOpen])
  const [looked, look] = useState<Looked>({ side: 'left', step: 0 })
  const drawings = { left: app.left.value, right: app.right.value }
  const plans = { left: usePlanned(place.left), right: usePlanned(place.right) }
  const runs: LaneRun[] = []
  const problems: string[] = []
  for (const side of ['left', 'right'] as const) {
    const { run, problem } = plans[side]
    if (run !== undefined) runs.push({ side, name: sides[side], run })
    if (problem !== undefined) problems.push(`${sides[side]}: ${problem}`)
  }
  const lane = (side: Side): VNode => (
    <section class={`lane card ${side}`} aria-label={sides[side]}>
      <h2>{sides[side]}</h2>
      <DrawingView drawing={drawings[side]} place={sides[side]} />
      <LaneFigures
        drawing={drawings[side]}
        run={plans[side].run}
        lane={place[side]}
        other={side === 'right' ? { run: plans.left.run, lane: place.left, name: sides.left } : undefined}
      />
      <LaneForm
        lane={place[side]}
        onChange={changed => {
          app.place.value = { ...place, [side]: changed }
        }}
      />
    </section>
  )
  return (
    <div class="compare">
      <section class="card across" aria-label="What is drawn">
        <SubjectForm
          action="Draw both"
          problem={problems.length === 0 ? undefined : problems.join(' ')}
          onSubmit={() => void app.compare()}
        />
      </section>
      <div class="lanes">
        {lane('left')}
        <Between left={drawings.left} right={drawings.right} />
        {lane('right')}
      </div>
      {runs.length > 0 && (
        <div class="insight">
          <section class="card" aria-labelledby="timetable">
            <h2 id="timetable">What each call computes</h2>
            <TimetableView runs={runs} looked={looked} onLook={look} />
          </section>
          <section class="card" aria-labelledby="levels">
            <h2 id="levels">Noise levels that the steps visit</h2>
            <LevelChart runs={runs} looked={looked} onLook={look} />
          </section>
          <section class="card" aria-labelledby="weights">
            <h2 id="weights">What the step adds up</h2>
            <WeightsView runs={runs} looked={looked} />
          </section>
        </div>
      )}
    </div>
  )
}

type BetweenProps = { readonly left: Drawing | undefined; readonly right: Drawing | undefined }

function Between({ left, right }: BetweenProps): VNode {
  const [a, b] = [left?.drawn?.picture, right?.drawn?.picture]
  const both = a !== undefined && b !== undefined && a.width === b.width && a.height === b.height
  const distance = both ? psnr(a, b) : undefined
  return (
    <section class="between card" aria-label="Difference">
      <h2>Difference</h2>
      <figure class="drawing">
        <PictureView
          picture={both ? difference(a, b) : undefined}
          label={both ? 'Difference of the two pictures, twice as strong' : 'Difference: draw both first'}
        />
        <figcaption>
          <p class="figure">{distance === undefined ? '–' : decibels(distance)}</p>
          <p class="status">
            {distance === undefined
              ? 'PSNR, once both are drawn'
              : 'PSNR: higher is nearer. Differences are shown doubled.'}
          </p>
        </figcaption>
      </figure>
    </section>
  )
}
