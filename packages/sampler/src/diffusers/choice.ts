import { FewstepError } from '@fewstep/errors'
import type { Schedule } from '@fewstep/schedules'
import {
  didYouMean,
  NamedOptionError,
  type OptionValue,
  readOptions,
  scheduleCatalogue,
} from '@fewstep/schedules/catalogue'
import type { AdaptiveSolver, Solver } from '@fewstep/solvers'
import { adaptiveCatalogue, type SolverRow, solverCatalogue } from '@fewstep/solvers/catalogue'
import type { Program } from '../programs/index.ts'

/** A solver or schedule by name, with options as text or as values. */
export type Choice = {
  readonly name: string
  readonly options?: Readonly<Record<string, OptionValue>>
  /** Of a schedule: the program whose conventions hold for the whole run; diffusers' where absent. */
  readonly program?: Program
}

/** The names that {@link chooseRecipe} knows. */
export const solverNames: readonly string[] = solverCatalogue.map(({ name }) => name)
export const scheduleNames: readonly string[] = scheduleCatalogue.map(({ name }) => name)

/** @throws ChoiceError */
export function solverRow(name: string): SolverRow {
  if (adaptiveCatalogue.some(row => row.name === name))
    throw new ChoiceError(
      `solver: ${name} has no plan, since it finds its steps on the way; make it with chooseAdaptive, and run it with runAdaptive`,
    )
  return find('solver', solverCatalogue, name)
}

/** A method of adaptive steps by name; none where no such method has it. @throws ChoiceError for an option */
export function chooseAdaptive({ name, options = {} }: Choice): AdaptiveSolver | undefined {
  const row = adaptiveCatalogue.find(row => row.name === name)
  return row?.create(read(row, options))
}

/**
 * A row's solver, from given options and what a class adds to them.
 *
 * @throws ChoiceError
 */
export function solverOf(row: SolverRow, given: Given, conventions: Given): Solver {
  return row.create(read(row, { ...conventions, ...given }))
}

/**
 * The schedule that is chosen, with a class's conventions; those that it has no option for are left out.
 *
 * @throws ChoiceError
 */
export function scheduleOf({ name, options = {} }: Choice, conventions: Given = {}, within?: Schedule): Schedule {
  const row = find('schedule', scheduleCatalogue, name)
  return row.create(read(row, { ...fitting(row.options, conventions), ...options }), within)
}

/** Those of the options that are among the specs. */
export function fitting(specs: Readonly<Record<string, unknown>>, options: Given): Given {
  return Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(specs, name)))
}

type Given = Readonly<Record<string, OptionValue>>

export function read(row: Pick<SolverRow, 'name' | 'options'>, given: Given): Given {
  try {
    return readOptions(row.options, given, row.name)
  } catch (error) {
    throw error instanceof NamedOptionError ? new ChoiceError(error.message) : error
  }
}

function find<R extends { readonly name: string }>(kind: string, rows: readonly R[], name: string): R {
  const row = rows.find(row => row.name === name)
  if (row !== undefined) return row
  const names = [...rows, ...(kind === 'solver' ? adaptiveCatalogue : [])].map(row => row.name)
  throw new ChoiceError(`${kind}: ${name} is unknown${didYouMean(name, names)} (known: ${names.join(', ')})`)
}

export class ChoiceError extends FewstepError {
  override readonly name = 'Sampler.ChoiceError'
  override readonly kind = 'input'
}
