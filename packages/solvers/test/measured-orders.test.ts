import { readFileSync } from 'node:fs'
import { adaptiveCatalogue, solverCatalogue } from '@fewstep/solvers/catalogue'
import { expect, test } from 'vitest'
import { type Measured, measuredAdaptive, measuredOrders } from './support/measured.ts'

/** What `benchmarks/orders.ts` measured with more steps; the documentation's table is made of it. */
const committed = JSON.parse(
  readFileSync(new URL('../../../benchmarks/results/orders.json', import.meta.url), 'utf8'),
) as { readonly rows: readonly Measured[]; readonly adaptive: readonly { name: string; method: number }[] }

/** Printed orders are whole: 0 where the error does not vanish, and may grow. */
const tolerance = 0.25
const off = (measured: number, printed: number): number => Math.abs(Math.max(0, measured) - printed)

test.each(solverCatalogue.map(row => [row.name, row] as const))(
  '%s has the orders that are printed',
  async (_, row) => {
    const byDefault = row.defaultOrder ?? row.order
    const kept = committed.rows.find(({ name }) => name === row.name)
    expect(kept, 'run benchmarks/orders.ts').toBeDefined()
    for (const measured of [await measuredOrders(row), kept!]) {
      expect(off(measured.method, row.order), `method: slope ${measured.method}`).toBeLessThan(tolerance)
      expect(off(measured.byDefault, byDefault), `by default: slope ${measured.byDefault}`).toBeLessThan(tolerance)
      if (measured.fullStart === undefined) continue
      expect(off(measured.fullStart, row.order), `full start: slope ${measured.fullStart}`).toBeLessThan(0.2)
      // The fixed weights of iPNDM are of order 4 on even steps, and so is their start.
      const intervals = Math.max(1, (row.name === 'ipndm' ? 4 : row.order) - 2)
      expect(measured.extraEvaluations).toBe((intervals * (intervals - 1)) / 2)
    }
  },
)

test.each(adaptiveCatalogue.map(row => [row.name, row] as const))(
  '%s has the order that is printed',
  async (name, row) => {
    expect(Math.abs((await measuredAdaptive(row)) - row.order)).toBeLessThan(tolerance)
    expect(Math.abs(committed.adaptive.find(kept => kept.name === name)!.method - row.order)).toBeLessThan(tolerance)
  },
)

test('the committed measurements are of the catalogue', () => {
  expect(committed.rows.map(({ name }) => name)).toEqual(solverCatalogue.map(({ name }) => name))
})
