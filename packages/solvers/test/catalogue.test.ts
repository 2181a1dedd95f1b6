import { edm, exponential } from '@fewstep/schedules'
import { readOptions } from '@fewstep/schedules/catalogue'
import * as solvers from '@fewstep/solvers'
import { solverCatalogue } from '@fewstep/solvers/catalogue'
import { expect, test } from 'vitest'

/** Exported functions that make no solver of their own. */
const others: readonly string[] = ['run', 'checkPlan']

test('every exported solver has a row, and every row its export', () => {
  const functions = Object.entries(solvers)
    .filter(([name, value]) => typeof value === 'function' && /^[a-z]/.test(name) && !others.includes(name))
    .map(([name]) => name)
  const rows = solverCatalogue.map(({ factory }) => factory)
  expect([...new Set(rows)].sort()).toEqual(functions.sort())
})

test('names are unique', () => {
  const names = solverCatalogue.map(({ name }) => name)
  expect(names).toEqual([...new Set(names)])
})

test.each(solverCatalogue.map(row => [row.name, row] as const))('%s says of itself what holds', (name, row) => {
  const solver = row.create(readOptions(row.options, {}, name))
  expect(solver.order).toBe(row.order)
  const levels = exponential({ terminal: 'zero' }).levels(12, edm())
  const { steps } = solver.plan(levels, edm())
  expect(steps.some(({ draws }) => draws.length > 0)).toBe(row.stochastic)
  // The ends may warm up or fall back; the middle is the rule.
  expect(steps[6]!.evaluations.length).toBe(row.calls)
  expect(row.paper).toMatch(/^(arXiv:\d{4}\.\d{4,5}|https:\/\/\S+|[A-Z].*\d{4})$/)
})
