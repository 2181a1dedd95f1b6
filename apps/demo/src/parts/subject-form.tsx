import type { ComponentChildren, VNode } from 'preact'
import { useId } from 'preact/hooks'
import type { Subject } from '../state/place.ts'
import { useApp } from './context.ts'
import { NumberField } from './number-field.tsx'

type Props = {
  readonly action: string
  /** Why it cannot be drawn as it is set. */
  readonly problem?: string | undefined
  readonly onSubmit: () => void
  readonly children?: ComponentChildren
}

/** What is drawn, and the button that draws it. */
export function SubjectForm({ action, problem, onSubmit, children }: Props): VNode {
  const app = useApp()
  const id = useId()
  const place = app.place.value
  const { prompt, negative, seed } = place.subject
  const empty = prompt.trim() === ''
  const set = (change: Partial<Subject>): void => {
    app.place.value = { ...place, subject: { ...place.subject, ...change } }
  }
  const submit = (): void => {
    if (!empty && problem === undefined) onSubmit()
  }
  return (
    <form
      class="subject"
      onSubmit={event => {
        event.preventDefault()
        submit()
      }}
    >
      <div class="field prompt">
        <label for={`${id}-prompt`}>Prompt</label>
        <textarea
          id={`${id}-prompt`}
          rows={2}
          value={prompt}
          placeholder="a red apple"
          aria-invalid={empty}
          aria-describedby={`${id}-hint`}
          onInput={event => set({ prompt: event.currentTarget.value })}
          onKeyDown={event => {
            if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
            event.preventDefault()
            submit()
          }}
        />
        <small id={`${id}-hint`} class={empty ? 'problem' : 'hint'}>
          {empty ? 'Say what to draw, such as “a red apple”.' : ''}
        </small>
      </div>
      <div class="seed">
        <NumberField label="Seed" value={seed} whole onChange={seed => set({ seed })} />
        <button
          type="button"
          class="quiet"
          onClick={() => set({ seed: crypto.getRandomValues(new Uint32Array(1))[0]! >>> 1 })}
        >
          Random
        </button>
      </div>
      <details class="options" open={negative !== ''}>
        <summary>Negative prompt</summary>
        <div class="field">
          <label for={`${id}-negative`}>What it should not look like</label>
          <input
            id={`${id}-negative`}
            type="text"
            value={negative}
            onInput={event => set({ negative: event.currentTarget.value })}
          />
        </div>
      </details>
      {children}
      {problem !== undefined && (
        <p class="callout problem" role="alert">
          {problem}
        </p>
      )}
      {/* Two buttons, not one that changes: a click on it would stop, and then submit. */}
      {app.busy.value ? (
        <button key="stop" type="button" class="primary stop" onClick={app.stop}>
          Stop
        </button>
      ) : (
        <button key="draw" type="submit" class="primary" disabled={empty || problem !== undefined}>
          {action}
        </button>
      )}
    </form>
  )
}
