import type { VNode } from 'preact'
import type { StepNews } from '../engine/messages.ts'
import { type Drawing, secondsPerEvaluation } from '../state/drawing.ts'
import { count, describeSettings } from '../words.ts'
import { useApp } from './context.ts'
import { ImageView } from './image-view.tsx'

type Props = {
  readonly drawing: Drawing | undefined
  readonly place: string
  /** Why the image no longer belongs to the current settings, as text. */
  readonly stale?: string | undefined
}

/** An image in progress or finished: its progress, its time, and the settings that it belongs to. */
export function DrawingView({ drawing, place, stale }: Props): VNode {
  const app = useApp()
  const shown = drawing?.drawn?.picture ?? drawing?.news?.preview
  return (
    <figure class={`drawing ${stale === undefined ? '' : 'stale'}`}>
      <ImageView picture={shown} label={labelOf(drawing, place)} />
      <figcaption>
        {drawing !== undefined && ['waiting', 'starting', 'drawing'].includes(drawing.state) && (
          <progress
            aria-label={`Steps of ${place}`}
            {...(drawing.news === undefined ? {} : { value: drawing.news.progress })}
          />
        )}
        <p class="status">{statusOf(drawing)}</p>
        {shown !== undefined && <p class="belongs">{describeSettings(drawing!.settings)}</p>}
        {shown !== undefined && stale !== undefined && <p class="callout">{stale}</p>}
        {drawing?.warnings.map(words => (
          <p class="callout" key={words}>
            {words}
          </p>
        ))}
        {drawing?.problem !== undefined && (
          <div class="callout problem" role="alert">
            <p>{drawing.problem}</p>
            {drawing.reopen === true && (
              <button type="button" onClick={() => void app.open()}>
                Open the model again
              </button>
            )}
          </div>
        )}
      </figcaption>
    </figure>
  )
}

export function statusOf(drawing: Drawing | undefined): string {
  if (drawing === undefined) return ''
  const { state, waitsFor, news, drawn } = drawing
  const each = secondsPerEvaluation(drawing)
  const pace = each === undefined ? '' : ` · ${milliseconds(each)} each`
  switch (state) {
    case 'waiting':
      return {
        model: 'Waiting for the model to load',
        left: 'Waiting for Lane A',
        turn: 'Waiting: another image is being drawn',
      }[waitsFor ?? 'turn']
    case 'starting':
      return 'Getting ready'
    case 'drawing':
      return `Step ${stepOf(news!)} · ${news!.seconds.toFixed(1)} s`
    case 'done':
      return `${count(drawn!.evaluations, 'evaluation')}${pace} · ${drawn!.seconds.toFixed(1)} s`
    case 'stopped':
      return news === undefined ? 'Stopped' : `Stopped after step ${stepOf(news)}`
    case 'failed':
      return 'Failed'
  }
}

function stepOf({ step, steps }: StepNews): string {
  return Number.isFinite(steps) && steps >= step ? `${step} of ${steps}` : `${step}`
}

function labelOf(drawing: Drawing | undefined, place: string): string {
  if (drawing === undefined) return `${place}: nothing drawn yet`
  const { prompt, seed } = drawing.settings
  if (drawing.state === 'done') return `${place}: “${prompt}”, seed ${seed}`
  if (drawing.state === 'stopped' || drawing.state === 'failed') return `${place}: “${prompt}”, unfinished`
  return `${place}: “${prompt}”, in progress`
}

function milliseconds(seconds: number): string {
  return seconds < 1 ? `${(1000 * seconds).toFixed(0)} ms` : `${seconds.toFixed(1)} s`
}
