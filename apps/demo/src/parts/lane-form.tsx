import { scheduleCatalogue } from '@fewstep/schedules/catalogue'
import { solverCatalogue } from '@fewstep/solvers/catalogue'
import type { VNode } from 'preact'
import type { Lane } from '../state/place.ts'
import { CachesField } from './caches-field.tsx'
import { ChoiceField, type Group } from './choice-field.tsx'
import { NumberField } from './number-field.tsx'

const solverGroups: readonly Group[] = [
  { label: 'Without new noise', rows: solverCatalogue.filter(({ stochastic }) => !stochastic) },
  { label: 'With new noise at each step', rows: solverCatalogue.filter(({ stochastic }) => stochastic) },
]
const scheduleGroups: readonly Group[] = [{ label: 'Schedules', rows: scheduleCatalogue }]

type Props = { readonly lane: Lane; readonly onChange: (lane: Lane) => void }

/** How a picture is drawn: everything but what it shows. */
export function LaneForm({ lane, onChange }: Props): VNode {
  const { solver: _, schedule: __, ...rest } = lane
  const named = (key: 'solver' | 'schedule', value: string | undefined): Lane => {
    const other = key === 'solver' ? 'schedule' : 'solver'
    return {
      ...rest,
      ...(lane[other] === undefined ? {} : { [other]: lane[other] }),
      ...(value === undefined ? {} : { [key]: value }),
    }
  }
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
          hint="1 is none, and costs half"
          onChange={guidance => onChange({ ...lane, guidance })}
        />
      </div>
      <ChoiceField
        label="Solver"
        none="The model's own"
        groups={solverGroups}
        value={lane.solver}
        onChange={solver => onChange(named('solver', solver))}
      />
      <ChoiceField
        label="Schedule"
        none="The model's own"
        groups={scheduleGroups}
        value={lane.schedule}
        onChange={schedule => onChange(named('schedule', schedule))}
      />
      <CachesField value={lane.caches} onChange={caches => onChange({ ...lane, caches })} />
    </div>
  )
}
