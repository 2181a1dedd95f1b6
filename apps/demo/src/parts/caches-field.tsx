import { cacherCatalogue } from '@fewstep/cachers/catalogue'
import { cachersOf } from '@fewstep/pipelines/settings'
import type { VNode } from 'preact'
import { useId, useRef } from 'preact/hooks'
import { cacheConflict } from '../plan/problem.ts'
import { readChoice } from '../state/options.ts'
import { OptionFields } from './option-fields.tsx'

type Props = { readonly value: readonly string[]; readonly onChange: (value: readonly string[]) => void }

/** The caches in use with their options, and a list to add one from. */
export function CachesField({ value, onChange }: Props): VNode {
  const id = useId()
  const adder = useRef<HTMLSelectElement>(null)
  return (
    <div class="field">
      <label for={id}>Caches</label>
      {value.map((text, i) => {
        const { name } = readChoice(text)
        const row = cacherCatalogue.find(row => row.name === name)
        return (
          <div class="cache" key={`${name} ${i}`}>
            <div class="cache-head">
              <strong>{name}</strong>
              <button
                type="button"
                class="quiet"
                aria-label={`Remove ${name}`}
                onClick={() => {
                  onChange(value.filter((_, j) => j !== i))
                  adder.current?.focus()
                }}
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
        ref={adder}
        value=""
        onChange={event => {
          const { value: added } = event.currentTarget
          event.currentTarget.value = ''
          if (added !== '') onChange([...value, added])
        }}
      >
        <option value="">{value.length === 0 ? 'None: compute every evaluation in full' : 'Add another'}</option>
        {cacherCatalogue
          .filter(({ name }) => goesWith(value, name))
          .map(({ name, help }) => (
            <option key={name} value={name}>
              {name}: {help}
            </option>
          ))}
      </select>
    </div>
  )
}

/** Whether a cache can be added to others. */
function goesWith(others: readonly string[], name: string): boolean {
  try {
    return cacheConflict(cachersOf({ caches: [...others, name] })) === undefined
  } catch {
    // Others that are unknown, or whose options are not readable, are named elsewhere.
    return !others.some(text => readChoice(text).name === name)
  }
}
