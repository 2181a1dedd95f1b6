import type { VNode } from 'preact'
import { useId } from 'preact/hooks'
import { type Row, readChoice } from '../state/options.ts'
import { OptionFields } from './option-fields.tsx'

export type Group = { readonly label: string; readonly rows: readonly Row[] }

type Props = {
  readonly label: string
  /** What it is called to choose nothing. */
  readonly none?: string
  readonly groups: readonly Group[]
  /** What a value stands for that is in no group. */
  readonly meaning?: ((value: string) => string | undefined) | undefined
  readonly value: string | undefined
  readonly onChange: (value: string | undefined) => void
}

/** One of a catalogue's rows, with its options. */
export function ChoiceField({ label, none, groups, meaning, value, onChange }: Props): VNode {
  const id = useId()
  const name = value === undefined ? '' : readChoice(value).name
  const row = groups.flatMap(({ rows }) => rows).find(row => row.name === name)
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={name}
        aria-describedby={`${id}-hint`}
        onChange={event => onChange(event.currentTarget.value === '' ? undefined : event.currentTarget.value)}
      >
        {none !== undefined && <option value="">{none}</option>}
        {name !== '' && row === undefined && <option value={name}>{name}</option>}
        {groups.map(({ label, rows }) => (
          <optgroup key={label} label={label}>
            {rows.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
      <small id={`${id}-hint`} class="hint">
        {row === undefined && value !== undefined ? meaning?.(value) : row?.help}
      </small>
      {row !== undefined && value !== undefined && <OptionFields row={row} text={value} onChange={onChange} />}
    </div>
  )
}
