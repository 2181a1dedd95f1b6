import { dpm2m, dpm3m, dpmpp2m, dpmpp3m, type Plan } from '@fewstep/solvers'
import { describe, expect, test } from 'vitest'
import { solverContract } from './support/contract.ts'
import { provesOrder } from './support/order.ts'

// The lower order at the end has an error of its own, which is of second order.
const full = { lowerOrderFinal: false }

provesOrder([
  { solver: dpmpp2m(full), exact: 1 },
  { name: 'dpmpp-2m, heun', solver: dpmpp2m({ ...full, solverType: 'heun' }), exact: 1 },
  { solver: dpmpp3m(full), exact: 2 },
  { name: 'dpmpp-3m as published', solver: dpmpp3m({ ...full, reference: true }), exact: 2, from: 40, to: 320 },
  { solver: dpm2m(full), exact: 1 },
  { name: 'dpm-2m, heun', solver: dpm2m({ ...full, solverType: 'heun' }), exact: 1 },
  { solver: dpm3m(full), exact: 2 },
  { name: 'dpm-3m as published', solver: dpm3m({ ...full, reference: true }), exact: 2, from: 40, to: 320 },
])

for (const [name, create] of Object.entries({ dpmpp2m, dpmpp3m, dpm2m, dpm3m }))
  solverContract(`${name} in its Heun form, without ends`, create({ solverType: 'heun', ...full }))

describe('ends', () => {
  const rhos = (count: number) => Array.from({ length: count + 1 }, (_, i) => 10 * 0.8 ** i)
  const levels = (values: readonly number[]) => values.map(sigma => ({ alpha: 1, sigma }))
  const ordersOf = (plan: Plan) => plan.steps.map(({ output }) => output.length - 1)

  test.each([
    ['a short run', rhos(6), {}, [1, 2, 3, 3, 2, 1]],
    ['a short run in full', rhos(6), full, [1, 2, 3, 3, 3, 3]],
    ['Euler at last', rhos(6), { ...full, eulerAtFinal: true }, [1, 2, 3, 3, 3, 1]],
    // The step to sigma 0 is the estimate itself.
    ['a clean end', [...rhos(4), 0], full, [1, 2, 3, 3, 0]],
    ['two steps', rhos(2), {}, [1, 1]],
    ['one step', rhos(1), {}, [1]],
    ['14 steps', rhos(14), {}, [1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 1]],
    ['15 steps', rhos(15), {}, [1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3]],
    // A short step between two long ones: its ends together would have weights in the thousands.
    ['nodes that lie close together', [10, 5, 4.999, 1, 0.5, 0.2], full, [1, 2, 1, 2, 3]],
  ] as const)('%s: the number of evaluations in each step', (_, values, options, orders) => {
    expect(ordersOf(dpmpp3m(options).plan(levels(values)))).toEqual(orders)
  })

  test('an unknown form: an error', () => {
    expect(() => dpmpp2m({ solverType: 'trapezoid' as 'heun' })).toThrow(
      'dpmpp-2m: solverType must be one of midpoint, heun',
    )
  })
})
