import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { difference, psnr } from '../image/psnr.ts'
import { useApp } from '../parts/context.ts'
import { DrawingView } from '../parts/drawing-view.tsx'
import { ImageView } from '../parts/image-view.tsx'
import { LaneFigures } from '../parts/lane-figures.tsx'
import { LaneForm } from '../parts/lane-form.tsx'
import { LevelChart } from '../parts/level-chart.tsx'
import { RunSummary } from '../parts/run-summary.tsx'
import { type LaneRun, type Looked, type Side, sides } from '../parts/runs.ts'
import { SubjectForm } from '../parts/subject-form.tsx'
import { TimetableView } from '../parts/timetable-view.tsx'
import { usePlanned } from '../parts/use-planned.ts'
import { useStale } from '../parts/use-stale.ts'
import { WeightsView } from '../parts/weights-view.tsx'
import { unusedOf } from '../plan/planned.ts'
import type { Drawing } from '../state/drawing.ts'
import { placeOf } from '../state/link.ts'
import { type Lane, settingsOf } from '../state/place.ts'
import { decibels } from '../words.ts'

export function CompareView(): VNode {
  const app = useApp()
  const place = app.place.value
  const isOpen = app.model.value.state === 'open'
  useEffect(() => {
    if (isOpen) app.wantShares()
  }, [app, isOpen])
  const [looked, look] = useState<Looked>({ side: 'left', step: 0 })
  const isStale = useStale()
  const drawings = { left: app.left.value, right: app.right.value }
  const plans = { left: usePlanned(place.left), right: usePlanned(place.right) }
  const stale = {
    left: isStale(drawings.left, settingsOf(place.subject, place.left)),
    right: isStale(drawings.right, settingsOf(place.subject, place.right)),
  }
  // Figures stand below images, and so are those of the images.
  const shown = { left: shownLane(drawings.left, place.left), right: shownLane(drawings.right, place.right) }
  const shownPlans = { left: usePlanned(shown.left), right: usePlanned(shown.right) }
  const runs: LaneRun[] = []
  const problems: string[] = []
  const unused: string[] = []
  for (const side of ['left', 'right'] as const) {
    const { run, problem } = plans[side]
    if (run !== undefined) runs.push({ side, name: sides[side], run })
    if (problem !== undefined) problems.push(`${sides[side]}: ${problem}`)
    const unusedHere = unusedOf(place.subject.negative, place[side], run)
    if (unusedHere !== undefined) unused.push(`${sides[side]}: ${unusedHere}`)
  }
  const lane = (side: Side): VNode => (
    <section class={`lane card ${side}`} aria-label={sides[side]}>
      <h2>{sides[side]}</h2>
      <DrawingView
        drawing={drawings[side]}
        place={sides[side]}
        stale={stale[side] ? 'The settings have changed: this image and its figures belong to those above.' : undefined}
      />
      <LaneFigures
        drawing={drawings[side]}
        run={shownPlans[side].run}
        lane={shown[side]}
        other={side === 'right' ? { run: shownPlans.left.run, lane: shown.left, name: sides.left } : undefined}
      />
      <LaneForm
        name={side}
        title={sides[side]}
        lane={place[side]}
        onChange={changed => {
          app.place.value = { ...place, [side]: changed }
        }}
      />
      <RunSummary run={plans[side].run} problem={plans[side].problem} />
    </section>
  )
  return (
    <div class="compare">
      <section class="card across" aria-label="What to draw">
        <SubjectForm
          task="compare"
          action="Draw both"
          fields={['left.', 'right.']}
          problem={problems.length === 0 ? undefined : problems.join(' ')}
          unused={unused.length === 0 ? undefined : unused.join('. ')}
          onSubmit={() => void app.compare()}
        />
      </section>
      <div class="lanes">
        {lane('left')}
        <Between {...drawings} isStale={stale.left || stale.right} />
        {lane('right')}
      </div>
      {runs.length > 0 && (
        <div class="insight">
          <h2>The two runs, as they are set now</h2>
          <section class="card" aria-labelledby="timetable">
            <h3 id="timetable">What each evaluation computes</h3>
            <TimetableView runs={runs} looked={looked} onLook={look} />
          </section>
          <section class="card" aria-labelledby="levels">
            <h3 id="levels">The noise levels of the steps</h3>
            <LevelChart runs={runs} looked={looked} onLook={look} />
          </section>
          <section class="card" aria-labelledby="weights">
            <h3 id="weights">What one step adds up</h3>
            <WeightsView runs={runs} looked={looked} />
          </section>
        </div>
      )}
    </div>
  )
}

/** The lane of the image that is shown; as it is set, where there is none. */
function shownLane(drawing: Drawing | undefined, lane: Lane): Lane {
  return drawing === undefined || drawing.state === 'waiting' ? lane : placeOf(drawing.settings).lane
}

type BetweenProps = {
  readonly left: Drawing | undefined
  readonly right: Drawing | undefined
  readonly isStale: boolean
}

function Between({ left, right, isStale }: BetweenProps): VNode {
  const [a, b] = [left?.drawn?.picture, right?.drawn?.picture]
  const both = a !== undefined && b !== undefined && a.width === b.width && a.height === b.height
  const distance = both ? psnr(a, b) : undefined
  return (
    <section class="between card" aria-label="Difference">
      <h2>Difference</h2>
      <figure class="drawing">
        <ImageView
          picture={both ? difference(a, b) : undefined}
          label={both ? 'Difference of the two images, twice as strong' : 'Difference: draw both first'}
        />
        <figcaption>
          <p class="figure">{distance === undefined ? '–' : decibels(distance)}</p>
          <p class="status">
            {distance === undefined
              ? 'PSNR, once both images are drawn'
              : 'PSNR: the higher, the more alike. The difference is shown twice as strong.'}
          </p>
          {both && isStale && (
            <p class="callout">This compares the two images shown. The settings have changed: draw both again.</p>
          )}
        </figcaption>
      </figure>
    </section>
  )
}
