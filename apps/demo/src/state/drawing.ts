import { kindOf } from '@fewstep/errors'
import type { Settings } from '@fewstep/pipelines/settings'
import type { Drawn, News, StepNews } from '../engine/messages.ts'

/** A picture on its way, or finished. */
export type Drawing = {
  readonly settings: Settings
  readonly state: 'waiting' | 'drawing' | 'done' | 'stopped' | 'failed'
  readonly news?: StepNews
  readonly drawn?: Drawn
  readonly warnings: readonly string[]
  /** Why it failed, in words. */
  readonly problem?: string
  /** Whether it was the runtime that failed, whose graphs may be gone with it. */
  readonly reopen?: boolean
}

export function waiting(settings: Settings): Drawing {
  return { settings, state: 'waiting', warnings: [] }
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

/** Seconds for each network call so far. */
export function secondsPerCall({ news, drawn }: Drawing): number | undefined {
  const [calls, seconds] = drawn === undefined ? [news?.evaluations, news?.seconds] : [drawn.evaluations, drawn.seconds]
  return calls === undefined || seconds === undefined || calls === 0 ? undefined : seconds / calls
}
