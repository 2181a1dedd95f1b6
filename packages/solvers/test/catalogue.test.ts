import { edm, exponential } from '@fewstep/schedules'
import { readOptions } from '@fewstep/schedules/catalogue'
import * as solvers from '@fewstep/solvers'
import { adaptiveCatalogue, solverCatalogue } from '@fewstep/solvers/catalogue'
import { expect, test } from 'vitest'

/** Exported functions that make no solver of their own: the loops, and what looks at or changes a plan or its steps. */
const others: readonly string[] = [
  'checkPlan',
  'corrected',
  'elementwiseError',
  'fullStart',
  'integral',
  'isAdaptive',
  'pid',
  'printPlan',
  'run',
  'runAdaptive',
]

test('every exported solver has a row, and every row its export', () => {
  const functions = Object.entries(solvers)
    .filter(([name, value]) => typeof value === 'function' && /^[a-z]/.test(name) && !others.includes(name))
    .map(([name]) => name)
  const rows = [...solverCatalogue, ...adaptiveCatalogue].map(({ factory }) => factory)
  expect([...new Set(rows)].sort()).toEqual(functions.sort())
})

test.each([...solverCatalogue, ...adaptiveCatalogue].map(row => [row.name, row] as const))(
  '%s can be created at every end of each of its options',
  (name, row) => {
    for (const [option, spec] of Object.entries(row.options)) {
      if (spec.type === 'string') continue
      const ends =
        spec.type === 'boolean'
          ? [true, false]
          : spec.type === 'choice'
            ? (spec.choices ?? [])
            : [spec.minimum, spec.maximum].filter(end => end !== undefined)
      for (const end of ends)
        expect(() => row.create(readOptions(row.options, { [option]: end }, name)), `${option} ${end}`).not.toThrow()
    }
  },
)

test('names are unique', () => {
  const names = [...solverCatalogue, ...adaptiveCatalogue].map(({ name }) => name)
  expect(names).toEqual([...new Set(names)])
})

test.each(solverCatalogue.map(row => [row.name, row] as const))('%s says of itself what holds', (name, row) => {
  const solver = row.create(readOptions(row.options, {}, name))
  expect(solver.order).toBe(row.order)
  const stepsOf = (count: number) => solver.plan(exponential({ terminal: 'zero' }).levels(count, edm()), edm()).steps
  expect(stepsOf(24).some(({ draws }) => draws.length > 0)).toBe(row.stochastic)
  // The ends may warm up or fall back, and a step may span several intervals: what is added in the middle is the rule.
  const calls = (count: number) => stepsOf(count).reduce((sum, { evaluations }) => sum + evaluations.length, 0)
  expect((calls(24) - calls(12)) / 12).toBe(row.calls)
  expect(row.paper).toMatch(/^(arXiv:\d{4}\.\d{4,5}|https:\/\/\S+|[A-Z].*\d{4})$/)
})
