import { useMemo } from 'preact/hooks'
import { type Planned, planned } from '../plan/planned.ts'
import type { Lane } from '../state/place.ts'
import { useApp } from './context.ts'

/** The run of a lane before it is made, or why there is none; neither as long as no model says how it was trained. */
export function usePlanned(lane: Lane): { readonly run?: Planned; readonly problem?: string } {
  const model = useApp().model.value
  const config = model.state === 'open' ? model.schedulerConfig : undefined
  return useMemo(() => {
    if (config === undefined) return {}
    try {
      const run = planned(config, lane)
      return run === undefined ? {} : { run }
    } catch (error) {
      return { problem: (error as Error).message }
    }
  }, [config, lane])
}
