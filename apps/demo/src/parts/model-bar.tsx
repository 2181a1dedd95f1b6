import type { VNode } from 'preact'
import { useApp } from './context.ts'

/** How far the model is loaded, and messages of the page. */
export function ModelBar(): VNode {
  const app = useApp()
  const model = app.model.value
  const changing = app.changing.value
  return (
    <div class="bars">
      {model.state === 'opening' && (
        <div class="bar">
          <span>{model.words}</span>
          <progress
            aria-label="Opening the model"
            {...(model.loaded === undefined || model.total === undefined
              ? {}
              : { value: model.loaded, max: model.total })}
          />
          {model.loaded !== undefined && <span class="hint">{megabytes(model.loaded, model.total)}</span>}
        </div>
      )}
      {changing && (
        <div class="bar" role="status">
          <span>The change takes effect when what is being drawn is finished.</span>
          <button type="button" onClick={() => app.stop()}>
            Stop drawing and change now
          </button>
        </div>
      )}
      {model.state === 'failed' && (
        <div class="bar problem" role="alert">
          <span>{model.problem}</span>
          <button type="button" onClick={() => void app.open()}>
            Try again
          </button>
          {app.source.value.kind !== 'embedded' && (
            <button type="button" onClick={() => void app.open('embedded')}>
              Back to the built-in model
            </button>
          )}
        </div>
      )}
      {app.notices.value.length > 0 && (
        <div class="bar" role="status">
          <span>{app.notices.value.join(' ')}</span>
          <button
            type="button"
            class="quiet"
            onClick={() => {
              app.notices.value = []
              document.querySelector('main')?.focus()
            }}
          >
            Close
          </button>
        </div>
      )}
    </div>
  )
}

function megabytes(loaded: number, total: number | undefined): string {
  const text = (bytes: number): string => (bytes / 1e6).toFixed(0)
  return total === undefined ? `${text(loaded)} MB` : `${text(loaded)} of ${text(total)} MB`
}
