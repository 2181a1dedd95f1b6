import { unusedNegative } from '@fewstep/pipelines'
import { scheduleCatalogue } from '@fewstep/schedules/catalogue'
import type { VNode } from 'preact'
import { useMemo } from 'preact/hooks'
import { ChoiceField } from '../parts/choice-field.tsx'
import { useApp } from '../parts/context.ts'
import { DrawingView } from '../parts/drawing-view.tsx'
import { ImageView } from '../parts/image-view.tsx'
import { NumberField } from '../parts/number-field.tsx'
import { SubjectForm } from '../parts/subject-form.tsx'
import { useStale } from '../parts/use-stale.ts'
import { callCounts, convergedLane, entrantRows } from '../plan/entrants.ts'
import { guidanceField } from '../state/fields.ts'
import { settingsOf, start } from '../state/place.ts'
import { type Heat, isBest, type Race } from '../state/race.ts'
import { decibels } from '../words.ts'

export function RaceView(): VNode {
  const app = useApp()
  const place = app.place.value
  const race = app.race.value
  const isStale = useStale()
  // CFG++ solvers use it at any guidance.
  const guided = place.lane.guidance > 1 || place.entrants.some(solver => solver.includes('cfg-pp'))
  const settings = settingsOf(place.subject, convergedLane({ guidance: place.lane.guidance, schedule: place.levels }))
  const changed =
    race !== undefined &&
    race.converged.state !== 'waiting' &&
    (isStale(race.converged, settings) || String(race.entrants) !== String(place.entrants))
  const stale = changed ? 'The settings have changed: these images belong to the ones above.' : undefined
  return (
    <div class="race">
      <section class="card" aria-label="What to draw">
        <SubjectForm
          task="race"
          action="Start the race"
          fields={['lane.guidance']}
          problem={place.entrants.length === 0 ? 'Choose at least one solver.' : undefined}
          unused={unusedNegative(place.subject.negative, place.lane.guidance, { guided })}
          onSubmit={() => void app.startRace()}
        >
          <NumberField
            name="lane.guidance"
            label="Guidance"
            field={guidanceField}
            value={place.lane.guidance}
            hint="1 or less is none, and takes half the time"
            onChange={guidance => {
              app.place.value = { ...place, lane: { ...place.lane, guidance } }
            }}
          />
          <ChoiceField
            label="Schedule of all"
            groups={[{ label: 'Schedules', rows: scheduleCatalogue }]}
            value={place.levels}
            onChange={levels => {
              app.place.value = { ...place, levels: levels ?? start.levels }
            }}
          />
          <Entrants />
        </SubjectForm>
        <div class="converged">
          <h2>Converged</h2>
          <DrawingView drawing={race?.converged} place="Converged image" stale={stale} />
          <p class="hint">
            Sixty evaluations of a third-order solver. Every solver that adds no noise comes to this image with enough
            steps; those that add noise come to other images.
          </p>
        </div>
      </section>
      {race !== undefined && race.heats.length > 0 && <Grid race={race} stale={stale} />}
    </div>
  )
}

function Entrants(): VNode | null {
  const app = useApp()
  const place = app.place.value
  const model = app.model.value
  const config = model.state === 'open' ? model.schedulerConfig : undefined
  const rows = useMemo(() => (config === undefined ? [] : entrantRows(config)), [config])
  if (config === undefined) return null
  const unknown = place.entrants.filter(name => !rows.some(row => row.name === name))
  const set = (entrants: readonly string[]): void => {
    app.place.value = { ...place, entrants }
  }
  return (
    <details class="options">
      <summary>Solvers ({place.entrants.length - unknown.length} chosen)</summary>
      {unknown.length > 0 && <p class="callout">These solvers cannot run with this model: {unknown.join(', ')}.</p>}
      <ul class="entrants">
        {rows.map(({ name, help }) => (
          <li key={name}>
            <label title={help}>
              <input
                type="checkbox"
                checked={place.entrants.includes(name)}
                onChange={({ currentTarget: { checked } }) =>
                  set(checked ? [...place.entrants, name] : place.entrants.filter(other => other !== name))
                }
              />
              {name}
            </label>
          </li>
        ))}
      </ul>
    </details>
  )
}

function Grid({ race, stale }: { readonly race: Race; readonly stale: string | undefined }): VNode {
  const solvers = [...new Set(race.heats.map(({ solver }) => solver))]
  const done = race.heats.filter(({ drawing }) => drawing?.state === 'done').length
  const entered = race.heats.filter(({ lane }) => lane !== undefined).length
  return (
    <section class="card" aria-labelledby="grid">
      <h2 id="grid">
        Images by the number of evaluations{' '}
        <small class="hint">
          {done} of {entered} drawn
        </small>
      </h2>
      {stale !== undefined && <p class="callout">{stale}</p>}
      <table class="race-grid">
        <thead>
          <tr>
            <th scope="col">Solver</th>
            {callCounts.map(calls => (
              <th scope="col" key={calls}>
                {calls}
                <span class="wide"> evaluations</span>
              </th>
            ))}
          </tr>
        </thead>
        {solvers.map(solver => (
          <tbody key={solver}>
            <tr class="name">
              <th scope="rowgroup" colSpan={callCounts.length}>
                {solver}
              </th>
            </tr>
            <tr>
              <th scope="row">{solver}</th>
              {callCounts.map(calls => {
                const heat = race.heats.find(heat => heat.solver === solver && heat.calls === calls)!
                return <HeatCell key={calls} heat={heat} isBest={isBest(race, heat)} />
              })}
            </tr>
          </tbody>
        ))}
      </table>
    </section>
  )
}

function HeatCell({ heat, isBest }: { readonly heat: Heat; readonly isBest: boolean }): VNode {
  const { solver, calls, lane, drawing, psnr } = heat
  if (lane === undefined) return <td class="hint">cannot run with {calls}</td>
  const picture = drawing?.drawn?.picture ?? drawing?.news?.preview
  const distance = psnr === undefined ? '' : decibels(psnr)
  return (
    <td class={isBest ? 'best' : ''}>
      <ImageView
        picture={picture}
        label={`${solver}, ${calls} evaluations${distance === '' ? '' : `, ${distance} from the converged image`}`}
      />
      <span class="distance">
        {drawing?.problem ?? distance}
        {isBest && <em> nearest</em>}
      </span>
    </td>
  )
}
