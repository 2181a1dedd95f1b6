import { type OptionValue, readOptions } from '@fewstep/schedules/catalogue'
import type { Solver } from '@fewstep/solvers'
import type { SolverRow } from '@fewstep/solvers/catalogue'

export type Variant = { readonly options: Readonly<Record<string, OptionValue>>; readonly solver: Solver }

/** Every solver of a row: with its defaults, and with each option at each of its choices and ends, on data and on noise. */
export function variants(row: SolverRow): readonly Variant[] {
  const single = Object.entries(row.options).flatMap(([name, { type, choices = [], minimum, maximum }]) => {
    const ends = [minimum, maximum].filter(end => end !== undefined)
    const values = type === 'boolean' ? [true, false] : type === 'choice' ? choices : type === 'string' ? [] : ends
    return values.map((value): Variant['options'] => ({ [name]: value }))
  })
  const onNoise = row.options.view === undefined ? [] : single.map(options => ({ view: 'noise', ...options }))
  return [{}, ...single, ...onNoise].map(options => ({
    options,
    solver: row.create(readOptions(row.options, options, row.name)),
  }))
}
