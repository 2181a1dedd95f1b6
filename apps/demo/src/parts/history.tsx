import type { VNode } from 'preact'
import { placeOf } from '../state/link.ts'
import { describeSettings } from '../words.ts'
import { useApp } from './context.ts'
import { ImageView } from './image-view.tsx'

/** Finished images; choosing one brings it back with its settings. */
export function History(): VNode | null {
  const app = useApp()
  const drawings = app.history.value
  if (drawings.length === 0) return null
  return (
    <section class="history" aria-label="History">
      <h2>History</h2>
      <ul>
        {drawings.map((drawing, i) => (
          <li key={`${drawings.length - i}`}>
            <button
              type="button"
              aria-label={describeSettings(drawing.settings)}
              title={describeSettings(drawing.settings)}
              aria-current={app.picture.value === drawing}
              onClick={() => {
                // An image that is being drawn keeps its place.
                if (!app.running.peek().has('generate')) app.picture.value = drawing
                app.show(placeOf(drawing.settings, app.place.value))
              }}
            >
              <ImageView picture={drawing.drawn?.picture} />
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
