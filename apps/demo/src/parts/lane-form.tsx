import { scheduleCatalogue } from '@fewstep/schedules/catalogue'
import { adaptiveCatalogue, solverCatalogue } from '@fewstep/solvers/catalogue'
import type { VNode } from 'preact'
import { useId } from 'preact/hooks'
import { guidanceField, stepsField } from '../state/fields.ts'
import { meaningOf, readChoice } from '../state/options.ts'
import { type Lane, withChoice } from '../state/place.ts'
import { CachesField } from './caches-field.tsx'
import { ChoiceField, type Group } from './choice-field.tsx'
import { NumberField } from './number-field.tsx'

const solverGroups: readonly Group[] = [
  { label: 'Deterministic', rows: solverCatalogue.filter(({ stochastic }) => !stochastic) },
  { label: 'Adds noise at each step', rows: solverCatalogue.filter(({ stochastic }) => stochastic) },
  { label: 'Chooses its steps as it goes', rows: adaptiveCatalogue },
]
const scheduleGroups: readonly Group[] = [{ label: 'Schedules', rows: scheduleCatalogue }]

type Props = {
  /** What the names of its number fields begin with, such as `left`. */
  readonly name: string
  /** What stands before its labels in messages, where there are two such forms. */
  readonly title?: string
  readonly lane: Lane
  readonly onChange: (lane: Lane) => void
}

/** How an image is drawn: everything but what it shows. */
export function LaneForm({ name: field, title, lane, onChange }: Props): VNode {
  const id = useId()
  const name = lane.solver === undefined ? undefined : readChoice(lane.solver).name
  const draws = lane.noise !== undefined || solverCatalogue.some(row => row.name === name && row.stochastic)
  return (
    <div class="lane-form">
      <div class="pair">
        <NumberField
          name={`${field}.steps`}
          label="Steps"
          longLabel={title && `${title}, steps`}
          field={stepsField}
          value={lane.steps}
          onChange={steps => onChange({ ...lane, steps })}
        />
        <NumberField
          name={`${field}.guidance`}
          label="Guidance"
          longLabel={title && `${title}, guidance`}
          field={guidanceField}
          value={lane.guidance}
          hint="1 or less is none, and costs half"
          onChange={guidance => onChange({ ...lane, guidance })}
        />
      </div>
      <ChoiceField
        label="Solver"
        none="The model's default"
        groups={solverGroups}
        meaning={value => meaningOf('solver', value)}
        value={lane.solver}
        onChange={solver => onChange(withChoice(lane, 'solver', solver))}
      />
      <ChoiceField
        label="Schedule"
        none="The model's default"
        groups={scheduleGroups}
        meaning={value => meaningOf('schedule', value)}
        value={lane.schedule}
        onChange={schedule => onChange(withChoice(lane, 'schedule', schedule))}
      />
      {draws && (
        <div class="field">
          <label for={`${id}-noise`}>Noise of each step</label>
          <select
            id={`${id}-noise`}
            value={lane.noise ?? ''}
            onChange={({ currentTarget: { value } }) =>
              onChange(withChoice(lane, 'noise', value === '' ? undefined : value))
            }
          >
            <option value="">Drawn in sequence, as in diffusers</option>
            <option value="brownian">From one Brownian path, the same for any number of steps</option>
          </select>
        </div>
      )}
      <CachesField value={lane.caches} onChange={caches => onChange({ ...lane, caches })} />
    </div>
  )
}
