import { scheduleCatalogue } from '@fewstep/schedules/catalogue'
import { adaptiveCatalogue, solverCatalogue } from '@fewstep/solvers/catalogue'
import type { VNode } from 'preact'
import { useId } from 'preact/hooks'
import { readChoice } from '../state/options.ts'
import { type Lane, withChoice } from '../state/place.ts'
import { CachesField } from './caches-field.tsx'
import { ChoiceField, type Group } from './choice-field.tsx'
import { NumberField } from './number-field.tsx'

const solverGroups: readonly Group[] = [
  { label: 'Without new noise', rows: solverCatalogue.filter(({ stochastic }) => !stochastic) },
  { label: 'With new noise at each step', rows: solverCatalogue.filter(({ stochastic }) => stochastic) },
  { label: 'With steps found on the way', rows: adaptiveCatalogue },
]
const scheduleGroups: readonly Group[] = [{ label: 'Schedules', rows: scheduleCatalogue }]

type Props = { readonly lane: Lane; readonly onChange: (lane: Lane) => void }

/** How a picture is drawn: everything but what it shows. */
export function LaneForm({ lane, onChange }: Props): VNode {
  const id = useId()
  const name = lane.solver === undefined ? undefined : readChoice(lane.solver).name
  const draws = lane.noise !== undefined || solverCatalogue.some(row => row.name === name && row.stochastic)
  return (
    <div class="lane-form">
      <div class="pair">
        <NumberField
          label="Steps"
          value={lane.steps}
          whole
          minimum={1}
          maximum={1000}
          onChange={steps => onChange({ ...lane, steps })}
        />
        <NumberField
          label="Guidance"
          value={lane.guidance}
          hint="1 or less is none, and costs half"
          onChange={guidance => onChange({ ...lane, guidance })}
        />
      </div>
      <ChoiceField
        label="Solver"
        none="The model's own"
        groups={solverGroups}
        value={lane.solver}
        onChange={solver => onChange(withChoice(lane, 'solver', solver))}
      />
      <ChoiceField
        label="Schedule"
        none="The model's own"
        groups={scheduleGroups}
        value={lane.schedule}
        onChange={schedule => onChange(withChoice(lane, 'schedule', schedule))}
      />
      {draws && (
        <div class="field">
          <label for={`${id}-noise`}>New noise</label>
          <select
            id={`${id}-noise`}
            value={lane.noise ?? ''}
            onChange={({ currentTarget: { value } }) =>
              onChange(withChoice(lane, 'noise', value === '' ? undefined : value))
            }
          >
            <option value="">Number after number, as in diffusers</option>
            <option value="brownian">Along one Brownian path, however many steps</option>
          </select>
        </div>
      )}
      <CachesField value={lane.caches} onChange={caches => onChange({ ...lane, caches })} />
    </div>
  )
}
