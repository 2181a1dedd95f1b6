import { scheduleCatalogue } from '@fewstep/schedules/catalogue'
import type { VNode } from 'preact'
import { useMemo } from 'preact/hooks'
import { ChoiceField } from '../parts/choice-field.tsx'
import { useApp } from '../parts/context.ts'
import { DrawingView } from '../parts/drawing-view.tsx'
import { NumberField } from '../parts/number-field.tsx'
import { PictureView } from '../parts/picture-view.tsx'
import { SubjectForm } from '../parts/subject-form.tsx'
import { callCounts, entrantRows } from '../plan/entrants.ts'
import { start } from '../state/place.ts'
import { type Heat, isBest, type Race } from '../state/race.ts'
import { decibels } from '../words.ts'

export function RaceView(): VNode {
  const app = useApp()
  const place = app.place.value
  const race = app.race.value
  return (
    <div class="race">
      <section class="card" aria-label="What is drawn">
        <SubjectForm
          action="Start the race"
          problem={place.entrants.length === 0 ? 'Choose at least one solver.' : undefined}
          onSubmit={() => void app.startRace()}
        >
          <NumberField
            label="Guidance"
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
          <DrawingView drawing={race?.converged} place="Converged picture" />
          <p class="hint">
            Sixty calls of a third-order method: what every method without new noise comes to in the end. Those with new
            noise come to other pictures.
          </p>
        </div>
      </section>
      {race !== undefined && <Grid race={race} />}
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
      <summary>Solvers ({place.entrants.length - unknown.length} entered)</summary>
      {unknown.length > 0 && <p class="callout">This model has no run for {unknown.join(', ')}.</p>}
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

function Grid({ race }: { readonly race: Race }): VNode {
  const solvers = [...new Set(race.heats.map(({ solver }) => solver))]
  const done = race.heats.filter(({ drawing }) => drawing?.state === 'done').length
  const entered = race.heats.filter(({ lane }) => lane !== undefined).length
  return (
    <section class="card" aria-labelledby="grid">
      <h2 id="grid">
        Pictures at so many calls{' '}
        <small class="hint">
          {done} of {entered} drawn
        </small>
      </h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: where it scrolls, the keyboard must reach it */}
      <section class="scroll" aria-label="Table of pictures" tabIndex={0}>
        <table class="race-grid">
          <thead>
            <tr>
              <th scope="col">Solver</th>
              {callCounts.map(calls => (
                <th scope="col" key={calls}>
                  {calls} calls
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {solvers.map(solver => (
              <tr key={solver}>
                <th scope="row">{solver}</th>
                {callCounts.map(calls => {
                  const heat = race.heats.find(heat => heat.solver === solver && heat.calls === calls)!
                  return <HeatCell key={calls} heat={heat} isBest={isBest(race, heat)} />
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  )
}

function HeatCell({ heat, isBest }: { readonly heat: Heat; readonly isBest: boolean }): VNode {
  const { solver, calls, lane, drawing, psnr } = heat
  if (lane === undefined) return <td class="hint">no run of {calls} calls</td>
  const picture = drawing?.drawn?.picture ?? drawing?.news?.preview
  const distance = psnr === undefined ? '' : decibels(psnr)
  return (
    <td class={isBest ? 'best' : ''}>
      <PictureView
        picture={picture}
        label={`${solver}, ${calls} calls${distance === '' ? '' : `, ${distance} to the converged picture`}`}
      />
      <span class="distance">
        {drawing?.problem ?? distance}
        {isBest && <em> nearest</em>}
      </span>
    </td>
  )
}
