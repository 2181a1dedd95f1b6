import type { ComponentChildren, VNode } from 'preact'
import { useId } from 'preact/hooks'
import type { Subject } from '../state/place.ts'
import { NumberField } from './number-field.tsx'

type Props = {
  readonly subject: Subject
  readonly busy: boolean
  readonly action: string
  /** Why it cannot be drawn as it is set. */
  readonly problem?: string | undefined
  readonly onChange: (subject: Subject) => void
  readonly onSubmit: () => void
  readonly onStop: () => void
  readonly children?: ComponentChildren
}

/** What is drawn, and the button that draws it. */
export function SubjectForm({ subject, busy, action, problem, onChange, onSubmit, onStop, children }: Props): VNode {
  const id = useId()
  const { prompt, negative, seed } = subject
  const empty = prompt.trim() === ''
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
          onInput={event => onChange({ ...subject, prompt: event.currentTarget.value })}
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
        <NumberField label="Seed" value={seed} whole onChange={seed => onChange({ ...subject, seed })} />
        <button
          type="button"
          class="quiet"
          onClick={() => onChange({ ...subject, seed: crypto.getRandomValues(new Uint32Array(1))[0]! >>> 1 })}
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
            onInput={event => onChange({ ...subject, negative: event.currentTarget.value })}
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
      {busy ? (
        <button key="stop" type="button" class="primary stop" onClick={onStop}>
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
