import type { VNode } from 'preact'
import type { StepNews } from '../engine/messages.ts'
import { type Drawing, secondsPerCall } from '../state/drawing.ts'
import { count } from '../words.ts'
import { useApp } from './context.ts'
import { PictureView } from './picture-view.tsx'

/** A picture on its way or finished, with how far it is and what it took. */
export function DrawingView({
  drawing,
  place,
}: {
  readonly drawing: Drawing | undefined
  readonly place: string
}): VNode {
  const app = useApp()
  const shown = drawing?.drawn?.picture ?? drawing?.news?.preview
  return (
    <figure class="drawing">
      <PictureView picture={shown} label={labelOf(drawing, place)} />
      <figcaption>
        {drawing !== undefined && (drawing.state === 'waiting' || drawing.state === 'drawing') && (
          <progress
            aria-label={`Steps of ${place}`}
            {...(drawing.news === undefined ? {} : { value: drawing.news.progress })}
          />
        )}
        <p class="status">{statusOf(drawing)}</p>
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
  const { state, news, drawn } = drawing
  const each = secondsPerCall(drawing)
  const pace = each === undefined ? '' : ` · ${milliseconds(each)} a call`
  switch (state) {
    case 'waiting':
      return 'Getting ready'
    case 'drawing':
      return `Step ${stepOf(news!)}${pace} · ${news!.seconds.toFixed(1)} s`
    case 'done':
      return `${count(drawn!.evaluations, 'network call')}${pace} · ${drawn!.seconds.toFixed(1)} s`
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
  return `${place}: “${prompt}” on its way`
}

function milliseconds(seconds: number): string {
  return seconds < 1 ? `${(1000 * seconds).toFixed(0)} ms` : `${seconds.toFixed(1)} s`
}
