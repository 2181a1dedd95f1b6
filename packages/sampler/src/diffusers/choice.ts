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
  /** For schedules: the program whose conventions apply to the complete run; diffusers' where absent. */
  readonly program?: Program
}

/** The names of solvers that {@link chooseRecipe} takes. */
export const solverNames: readonly string[] = solverCatalogue.map(({ name }) => name)
/** The names of schedules that {@link chooseRecipe} takes. */
export const scheduleNames: readonly string[] = scheduleCatalogue.map(({ name }) => name)

/** The catalogue's row of a solver. @throws ChoiceError for an unknown name or an adaptive solver */
export function solverRow(name: string): SolverRow {
  if (adaptiveCatalogue.some(row => row.name === name))
    throw new ChoiceError(
      `solver: ${name} has no plan, since it chooses its steps during the run; create it with chooseAdaptive, and run it with runAdaptive`,
    )
  return find('solver', solverCatalogue, name)
}

/** An adaptive solver by name; `undefined` if no adaptive solver has that name. @throws ChoiceError for an invalid option */
export function chooseAdaptive({ name, options = {} }: Choice): AdaptiveSolver | undefined {
  const row = adaptiveCatalogue.find(row => row.name === name)
  return row?.create(read(row, options))
}

/**
 * Creates a row's solver from options and the conventions of a scheduler class.
 *
 * @throws ChoiceError for an invalid option
 */
export function solverOf(row: SolverRow, given: Given, conventions: Given): Solver {
  return row.create(read(row, { ...conventions, ...given }))
}

/**
 * Creates a schedule by name, with the conventions of a scheduler class as far as the schedule has such options.
 *
 * @throws ChoiceError for an unknown name or an invalid option
 */
export function scheduleOf({ name, options = {} }: Choice, conventions: Given = {}, within?: Schedule): Schedule {
  const row = find('schedule', scheduleCatalogue, name)
  return row.create(read(row, { ...fitting(row.options, conventions), ...options }), within)
}

/** The options that `specs` has. */
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

/** An unknown name, or an invalid option of a name. */
export class ChoiceError extends FewstepError {
  override readonly name = 'Sampler.ChoiceError'
  override readonly kind = 'input'
}
