import { fullStart } from '../full-start.ts'
import type { SolverRow } from './row.ts'

/** Adds the option `start` to a multistep method's row. `orderOf` gives the order that the start keeps; by default the solver's. */
export function withStart(
  row: SolverRow,
  orderOf: (options: Options) => number | undefined = () => undefined,
): SolverRow {
  return {
    ...row,
    options: {
      ...row.options,
      start: {
        type: 'choice',
        default: 'lower',
        choices: ['lower', 'full'],
        help: `first steps of lower order, or a start that keeps the order${cost(row.order)}`,
      },
    },
    create({ start, ...options }) {
      const solver = row.create(options)
      const order = orderOf(options)
      return start === 'full' ? fullStart(solver, order === undefined ? {} : { order }) : solver
    },
  }
}

type Options = Parameters<SolverRow['create']>[0]

function cost(order: number): string {
  const intervals = Math.max(1, order - 2)
  const evaluations = (intervals * (intervals - 1)) / 2
  return evaluations === 0
    ? ' at no extra evaluation'
    : ` (${evaluations} more evaluation${evaluations === 1 ? '' : 's'})`
}
