import type { VNode } from 'preact'
import { useEffect, useId, useState } from 'preact/hooks'

type Props = {
  readonly label: string
  readonly value: number
  readonly minimum?: number
  readonly maximum?: number
  readonly whole?: boolean
  readonly hint?: string
  readonly onChange: (value: number) => void
}

/** A number; what is none stays in the field, with words beside it, and changes nothing. */
export function NumberField({ label, value, minimum, maximum, whole = false, hint, onChange }: Props): VNode {
  const id = useId()
  const [text, setText] = useState(String(value))
  useEffect(() => {
    setText(text => (Number(text) === value && text !== '' ? text : String(value)))
  }, [value])
  const problem = problemOf(text, { minimum, maximum, whole })
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="text"
        inputMode={whole ? 'numeric' : 'decimal'}
        autocomplete="off"
        value={text}
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-hint`}
        onInput={({ currentTarget: { value } }) => {
          setText(value)
          if (problemOf(value, { minimum, maximum, whole }) === undefined) onChange(Number(value))
        }}
      />
      <small id={`${id}-hint`} class={problem === undefined ? 'hint' : 'problem'}>
        {problem ?? hint}
      </small>
    </div>
  )
}

type Range = { readonly minimum: number | undefined; readonly maximum: number | undefined; readonly whole: boolean }

function problemOf(text: string, { minimum, maximum, whole }: Range): string | undefined {
  const value = Number(text)
  const fits = (minimum === undefined || value >= minimum) && (maximum === undefined || value <= maximum)
  if (text.trim() !== '' && Number.isFinite(value) && fits && (!whole || Number.isSafeInteger(value))) return undefined
  const range = [minimum === undefined ? '' : `from ${minimum}`, maximum === undefined ? '' : `to ${maximum}`]
  return `${whole ? 'A whole number' : 'A number'} ${range.join(' ')}`.trim()
}
