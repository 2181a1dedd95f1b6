import { kindOf } from '@fewstep/errors'
import type { Settings } from '@fewstep/pipelines/settings'
import type { Drawn, News, Opened, StepNews } from '../engine/messages.ts'
import { placeOf, printHash } from './link.ts'

/** An image that waits, is being drawn, or is finished. */
export type Drawing = {
  readonly settings: Settings
  /** `starting`: its turn has come, and no step is done yet. */
  readonly state: 'waiting' | 'starting' | 'drawing' | 'done' | 'stopped' | 'failed'
  /** What it waits for. */
  readonly waitsFor?: 'model' | 'left' | 'turn'
  /** What draws it. */
  readonly model?: Pick<Opened, 'name' | 'device'>
  readonly news?: StepNews
  readonly drawn?: Drawn
  readonly warnings: readonly string[]
  /** Why it failed, in words. */
  readonly problem?: string
  /** Whether it was the runtime that failed, whose graphs may be gone with it. */
  readonly reopen?: boolean
}

export function waiting(settings: Settings, waitsFor: NonNullable<Drawing['waitsFor']>): Drawing {
  return { settings, state: 'waiting', waitsFor, warnings: [] }
}

export function started(drawing: Drawing): Drawing {
  return { ...drawing, state: 'starting' }
}

export function told(drawing: Drawing, news: News): Drawing {
  switch (news.kind) {
    case 'step':
      return { ...drawing, state: 'drawing', news }
    case 'warning':
      return { ...drawing, warnings: [...drawing.warnings, news.message] }
    case 'loading':
      return drawing
  }
}

export function finished(drawing: Drawing, drawn: Drawn): Drawing {
  return { ...drawing, state: 'done', drawn }
}

/** Stopped by a person, or failed. */
export function ended(drawing: Drawing, error: unknown): Drawing {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  if (name === 'AbortError') return { ...drawing, state: 'stopped' }
  return { ...drawing, state: 'failed', problem: message, reopen: kindOf(error) === 'runtime' }
}

/** Whether it has something to show that other settings than these, or another model or device, have led to. */
export function isStale(drawing: Drawing | undefined, settings: Settings, model: Drawing['model']): boolean {
  if (drawing === undefined || drawing.state === 'waiting') return false
  if (!sameSettings(drawing.settings, settings)) return true
  const by = drawing.model
  return by !== undefined && model !== undefined && (by.name !== model.name || by.device !== model.device)
}

/** Whether two settings lead to the same image: a link to them is the same. */
function sameSettings(a: Settings, b: Settings): boolean {
  return printHash(placeOf(a)) === printHash(placeOf(b))
}

/** Seconds for each evaluation so far. */
export function secondsPerEvaluation({ news, drawn }: Drawing): number | undefined {
  const { evaluations, seconds } = drawn ?? news ?? { evaluations: 0, seconds: 0 }
  return evaluations === 0 ? undefined : seconds / evaluations
}
