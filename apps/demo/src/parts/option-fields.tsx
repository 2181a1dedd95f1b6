import type { OptionSpec, OptionValue } from '@fewstep/schedules/catalogue'
import type { VNode } from 'preact'
import { useId } from 'preact/hooks'
import { type Row, readChoice, withOption } from '../state/options.ts'

type Props = { readonly row: Row; readonly text: string; readonly onChange: (text: string) => void }

/** A field for each option of a catalogue's row. */
export function OptionFields({ row, text, onChange }: Props): VNode | null {
  const { options } = readChoice(text)
  const specs = Object.entries(row.options)
  if (specs.length === 0) return null
  const changed = Object.entries(options).map(([name, value]) => `${name} ${value}`)
  return (
    <details class="options">
      <summary>{changed.length === 0 ? `Options of ${row.name}` : changed.join(', ')}</summary>
      <div class="option-grid">
        {specs.map(([name, spec]) => (
          <OptionField
            key={name}
            name={name}
            spec={spec}
            value={options[name]}
            onChange={value => onChange(withOption(text, row, name, value))}
          />
        ))}
      </div>
    </details>
  )
}

type FieldProps = {
  readonly name: string
  readonly spec: OptionSpec
  readonly value: OptionValue | undefined
  readonly onChange: (value: string) => void
}

function OptionField({ name, spec, value, onChange }: FieldProps): VNode {
  const id = useId()
  const shown = value ?? spec.default
  const described = { id, 'aria-describedby': `${id}-hint` }
  return (
    <div class="field">
      <label for={id}>{name}</label>
      {spec.type === 'choice' || spec.type === 'boolean' ? (
        <select {...described} value={String(shown ?? '')} onChange={event => onChange(event.currentTarget.value)}>
          {shown === undefined && <option value="">not set</option>}
          {(spec.type === 'boolean' ? ['true', 'false'] : (spec.choices ?? [])).map(choice => (
            <option key={choice} value={choice}>
              {choice === 'true' ? 'yes' : choice === 'false' ? 'no' : choice}
            </option>
          ))}
        </select>
      ) : (
        <input
          {...described}
          type="text"
          autocomplete="off"
          inputMode={spec.type === 'string' ? 'text' : spec.type === 'integer' ? 'numeric' : 'decimal'}
          value={value === undefined ? '' : String(value)}
          placeholder={String(spec.default ?? 'not set')}
          onChange={event => onChange(event.currentTarget.value)}
        />
      )}
      <small id={`${id}-hint`} class="hint">
        {spec.help}
      </small>
    </div>
  )
}
