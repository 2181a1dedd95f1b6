import type { VNode } from 'preact'
import type { Planned } from '../plan/planned.ts'
import { count } from '../words.ts'
import { useApp } from './context.ts'

type Props = { readonly run: Planned | undefined; readonly problem: string | undefined }

/** What the settings lead to, in a sentence. */
export function RunSummary({ run, problem }: Props): VNode | null {
  const isOpen = useApp().model.value.state === 'open'
  if (run !== undefined)
    return (
      <p class="hint">
        {count(run.plan.steps.length, 'step')} of {run.recipe.solver.name} on the schedule {run.recipe.schedule.name}:{' '}
        {run.atMost ? 'at most ' : ''}
        {count(run.calls, 'evaluation')} of the model.
      </p>
    )
  if (!isOpen || problem !== undefined) return null
  return (
    <p class="hint">This solver chooses its steps as it goes: the number of evaluations is not known beforehand.</p>
  )
}
