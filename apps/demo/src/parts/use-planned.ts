import { useMemo } from 'preact/hooks'
import { type Planned, planned } from '../plan/planned.ts'
import { laneProblem } from '../plan/problem.ts'
import type { Lane } from '../state/place.ts'
import { useApp } from './context.ts'

/** The run of a lane before it is made, or why there is none; neither as long as no model is open. */
export function usePlanned(lane: Lane): { readonly run?: Planned; readonly problem?: string } {
  const model = useApp().model.value
  const config = model.state === 'open' ? model.schedulerConfig : undefined
  // Lanes are made anew from links and images.
  const key = JSON.stringify(lane)
  return useMemo(() => {
    if (config === undefined) return {}
    const problem = laneProblem(config, lane)
    if (problem !== undefined) return { problem }
    const run = planned(config, lane)
    return run === undefined ? {} : { run }
  }, [config, key])
}
