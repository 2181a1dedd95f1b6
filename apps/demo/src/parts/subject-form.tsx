import type { ComponentChildren, VNode } from 'preact'
import { useId, useRef } from 'preact/hooks'
import { draftProblem, seedField, withDraft } from '../state/fields.ts'
import type { Subject } from '../state/place.ts'
import type { Task } from '../state/tasks.ts'
import { sentence } from '../words.ts'
import { useApp } from './context.ts'
import { NumberField } from './number-field.tsx'

type Props = {
  readonly task: Task
  readonly action: string
  /** What the names of the number fields begin with that the task depends on, besides the seed. */
  readonly fields: readonly string[]
  /** Why it cannot be drawn as it is set. */
  readonly problem?: string | undefined
  /** What to say of a negative prompt that is not used. */
  readonly unused?: string | undefined
  readonly onSubmit: () => void
  readonly children?: ComponentChildren
}

/** What is drawn, and the button that draws it. */
export function SubjectForm({ task, action, fields, problem, unused, onSubmit, children }: Props): VNode {
  const app = useApp()
  const id = useId()
  const form = useRef<HTMLFormElement>(null)
  const place = app.place.value
  const { prompt, negative, seed } = place.subject
  const empty = prompt.trim() === ''
  const wrong = draftProblem(app.drafts.value, ['seed', ...fields]) ?? problem
  const isOff = empty || wrong !== undefined
  const isRunning = app.running.value.has(task)
  const set = (change: Partial<Subject>): void => {
    app.place.value = { ...place, subject: { ...place.subject, ...change } }
  }
  const submit = (): void => {
    if (!isOff) onSubmit()
    else (form.current?.closest('main')?.querySelector('[aria-invalid="true"]') as HTMLElement | null)?.focus()
  }
  return (
    <form
      ref={form}
      class="subject"
      noValidate
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
            if (!event.repeat) submit()
          }}
        />
        <small id={`${id}-hint`} class={empty ? 'problem' : 'hint'}>
          {empty ? 'Say what to draw, such as “a red apple”.' : ''}
        </small>
      </div>
      <div class="seed">
        <NumberField
          name="seed"
          label="Seed"
          field={seedField}
          value={seed}
          hint="Same seed, same image"
          onChange={seed => set({ seed })}
        />
        <button
          type="button"
          class="quiet"
          onClick={() => {
            set({ seed: crypto.getRandomValues(new Uint32Array(1))[0]! >>> 1 })
            app.drafts.value = withDraft(app.drafts.peek(), 'seed', undefined)
          }}
        >
          Random
        </button>
      </div>
      <details class="options" open={negative !== ''}>
        <summary>Negative prompt</summary>
        <div class="field">
          <label for={`${id}-negative`}>What the image should not look like</label>
          <input
            id={`${id}-negative`}
            type="text"
            value={negative}
            aria-describedby={`${id}-unused`}
            onInput={event => set({ negative: event.currentTarget.value })}
          />
          <small id={`${id}-unused`} class="hint">
            {unused === undefined ? '' : sentence(unused)}
          </small>
        </div>
      </details>
      {children}
      {wrong !== undefined && (
        <p class="callout problem" id={`${id}-problem`} role="alert">
          {wrong}
        </p>
      )}
      {/* One button that changes, so that the focus stays on it. */}
      <button
        type={isRunning ? 'button' : 'submit'}
        class={`primary ${isRunning ? 'stop' : ''}`}
        aria-disabled={!isRunning && isOff}
        {...(wrong === undefined ? {} : { 'aria-describedby': `${id}-problem` })}
        onClick={event => {
          if (!isRunning) return
          // Else the click would stop, and then submit.
          event.preventDefault()
          app.stop(task)
        }}
      >
        {isRunning ? 'Stop' : action}
      </button>
    </form>
  )
}
