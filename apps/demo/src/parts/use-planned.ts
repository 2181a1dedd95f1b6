import { useMemo } from 'preact/hooks'
import { type Planned, planned } from '../plan/planned.ts'
import { laneProblem } from '../plan/problem.ts'
import type { Lane } from '../state/place.ts'
import { useApp } from './context.ts'

/** The planned run of a lane, or why there is none; neither while no model is open. */
export function usePlanned(lane: Lane): { readonly run?: Planned; readonly problem?: string } {
  const model = useApp().model.value
  const config = model.state === 'open' ? model.schedulerConfig : undefined
  // Links and images create new lane objects.
  const key = JSON.stringify(lane)
  return useMemo(() => {
    if (config === undefined) return {}
    const problem = laneProblem(config, lane)
    if (problem !== undefined) return { problem }
    const run = planned(config, lane)
    return run === undefined ? {} : { run }
  }, [config, key])
}
