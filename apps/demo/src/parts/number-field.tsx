import type { VNode } from 'preact'
import { useId, useState } from 'preact/hooks'
import { type Field, withDraft } from '../state/fields.ts'
import { useApp } from './context.ts'

type Props<T> = {
  /** By which a text that is no value is kept, such as `left.steps`. */
  readonly name: string
  readonly label: string
  /** The label in messages, where the same label is in the view twice. */
  readonly longLabel?: string | undefined
  readonly field: Field<T>
  readonly value: T
  readonly hint?: string
  readonly onChange: (value: T) => void
}

/** A field for one value. A text that is none stays, is called wrong beside it, and stops the drawing. */
export function NumberField<T>({ name, label, longLabel, field, value, hint, onChange }: Props<T>): VNode {
  const app = useApp()
  const id = useId()
  const [typed, setTyped] = useState('')
  const draft = app.drafts.value[name]
  // As it was typed, while it says the same: `07` is no worse than `7`.
  const said = typed !== '' && field.parse(typed) === value ? typed : field.print(value)
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="text"
        inputMode={field.parse('1.5') === undefined ? 'numeric' : 'decimal'}
        autocomplete="off"
        value={draft?.text ?? said}
        aria-invalid={draft !== undefined}
        aria-describedby={`${id}-hint`}
        onInput={({ currentTarget: { value: text } }) => {
          const parsed = field.parse(text)
          setTyped(text)
          app.drafts.value = withDraft(
            app.drafts.peek(),
            name,
            parsed === undefined ? { label: longLabel ?? label, text, expected: field.expected } : undefined,
          )
          if (parsed !== undefined) onChange(parsed)
        }}
      />
      <small id={`${id}-hint`} class={draft === undefined ? 'hint' : 'problem'}>
        {draft === undefined ? hint : `${field.expected.slice(0, 1).toUpperCase()}${field.expected.slice(1)}`}
      </small>
    </div>
  )
}
