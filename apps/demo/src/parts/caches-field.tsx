import { cacherCatalogue } from '@fewstep/cachers/catalogue'
import type { VNode } from 'preact'
import { useId } from 'preact/hooks'
import { readChoice } from '../state/options.ts'
import { OptionFields } from './option-fields.tsx'

type Props = { readonly value: readonly string[]; readonly onChange: (value: readonly string[]) => void }

/** The caches that are on, with their options, and a way to add one. */
export function CachesField({ value, onChange }: Props): VNode {
  const id = useId()
  const chosen = value.map(text => readChoice(text).name)
  return (
    <div class="field">
      <label for={id}>Caches</label>
      {value.map((text, i) => {
        const { name } = readChoice(text)
        const row = cacherCatalogue.find(row => row.name === name)
        return (
          <div class="cache" key={name}>
            <div class="cache-head">
              <strong>{name}</strong>
              <button
                type="button"
                class="quiet"
                aria-label={`Remove ${name}`}
                onClick={() => onChange(value.filter((_, j) => j !== i))}
              >
                Remove
              </button>
            </div>
            {row !== undefined && <small class="hint">{row.help}</small>}
            {row !== undefined && (
              <OptionFields
                row={row}
                text={text}
                onChange={changed => onChange(value.map((other, j) => (j === i ? changed : other)))}
              />
            )}
          </div>
        )
      })}
      <select
        id={id}
        value=""
        onChange={event => {
          const { value: added } = event.currentTarget
          event.currentTarget.value = ''
          if (added !== '') onChange([...value, added])
        }}
      >
        <option value="">{value.length === 0 ? 'None: compute every call' : 'Add another'}</option>
        {cacherCatalogue
          .filter(({ name }) => !chosen.includes(name))
          .map(({ name, help }) => (
            <option key={name} value={name}>
              {name}: {help}
            </option>
          ))}
      </select>
    </div>
  )
}
