import type { Settings } from '@fewstep/pipelines/settings'
import { type Drawing, isStale } from '../state/drawing.ts'
import { useApp } from './context.ts'

/** Whether a drawing belongs to other settings than the given ones, or to another model or device than the open one. */
export function useStale(): (drawing: Drawing | undefined, settings: Settings) => boolean {
  const model = useApp().model.value
  return (drawing, settings) => isStale(drawing, settings, model.state === 'open' ? model : undefined)
}
