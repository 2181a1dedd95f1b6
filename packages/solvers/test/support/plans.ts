import type { Combination, Plan } from '@fewstep/solvers'
import { expect } from 'vitest'

/** Expects the same evaluations at the same levels, and weights that differ by rounding only. */
export function expectSamePlans(plan: Plan, other: Plan, tolerance = 1e-10): void {
  expect(plan.steps.length).toBe(other.steps.length)
  for (const [number, step] of plan.steps.entries()) {
    const wanted = other.steps[number]!
    expect([step.from, step.to]).toEqual([wanted.from, wanted.to])
    expect(step.draws).toEqual(wanted.draws)
    expect(step.evaluations.map(({ level }) => level)).toEqual(wanted.evaluations.map(({ level }) => level))
    for (const [i, { input }] of step.evaluations.entries())
      expectSameSums(input, wanted.evaluations[i]!.input, tolerance, `step ${number}, call ${i}`)
    expectSameSums(step.output, wanted.output, tolerance, `step ${number}`)
  }
}

function expectSameSums(sum: Combination, other: Combination, tolerance: number, where: string): void {
  const byName = (combination: Combination) =>
    new Map(combination.map(({ slot, weight }) => [JSON.stringify(Object.entries(slot).sort()), weight]))
  const [weights, wanted] = [byName(sum), byName(other)]
  const size = Math.max(...[...wanted.values()].map(Math.abs))
  for (const name of new Set([...weights.keys(), ...wanted.keys()]))
    expect(Math.abs((weights.get(name) ?? 0) - (wanted.get(name) ?? 0)), `${where}: ${name}`).toBeLessThan(
      tolerance * size,
    )
}
