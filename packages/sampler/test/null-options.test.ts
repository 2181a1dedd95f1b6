import { readFileSync } from 'node:fs'
import { ConfigError, chooseRecipe } from '@fewstep/sampler/diffusers'
import { describe, expect, test } from 'vitest'

/** What `reference/null_options.py` recorded: the value that makes the same run as null, or `fails`. */
type Row = { readonly class: string; readonly option: string; readonly null: unknown; readonly default: unknown }
const { options } = JSON.parse(
  readFileSync(new URL('../../../reference/data/null-options.json', import.meta.url), 'utf8'),
) as { readonly options: readonly Row[] }

const table = { beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear' }
function planOf(name: string, config: object) {
  const { process, schedule, solver, prediction, threshold } = chooseRecipe({ _class_name: name, ...table, ...config })
  const levels = schedule.levels(6, process)
  return { levels, plan: solver.plan(levels, process), prediction, clips: threshold !== undefined }
}

/** What runs here although it does not there: null as a default, or as false where Python adds up flags. */
const lenient = new Set(['steps_offset', 'lambda_min_clipped'])

describe('a null means the same as in diffusers', () => {
  const works = options.filter(row => row.null !== 'fails')
  test.each(works)('$class, $option: null is $null', ({ class: name, option, null: same }) => {
    expect(planOf(name, { [option]: null })).toEqual(planOf(name, { [option]: same }))
  })

  const fails = options.filter(row => row.null === 'fails' && !lenient.has(row.option))
  const flags = fails.filter(row => typeof row.default === 'boolean')
  test.each(flags)('$class, $option: null is false', ({ class: name, option }) => {
    expect(planOf(name, { [option]: null })).toEqual(planOf(name, { [option]: false }))
  })

  const others = fails.filter(row => typeof row.default !== 'boolean')
  test.each(others)('$class, $option: null is refused by name', ({ class: name, option }) => {
    expect(() => planOf(name, { [option]: null })).toThrow(ConfigError)
    expect(() => planOf(name, { [option]: null })).toThrow(new RegExp(`${option}: .*null`))
  })

  test('the record has all three kinds', () => {
    expect([works.length, flags.length, others.length].every(count => count > 20)).toBe(true)
  })
})

test.each([1e9, 1_000_001, 1, 2.5])('%d train timesteps are refused before a table is made', count => {
  expect(() => planOf('DDIMScheduler', { num_train_timesteps: count })).toThrow(
    `num_train_timesteps: must be a whole number from 2 to 1000000, got ${count}`,
  )
})
