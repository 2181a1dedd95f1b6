import { givenTimesteps, scaledLinear } from '@fewstep/schedules'
import { dpmpp2m, run } from '@fewstep/solvers'
import type { Term } from '@fewstep/tensor'
import { searchTimesteps } from '@fewstep/tune'
import { describe, expect, test } from 'vitest'

const process = scaledLinear({ trainSteps: 60, betaStart: 0.01, betaEnd: 0.2 })
const deviation = 0.4
const ops = {
  combine: (terms: readonly Term<number>[]) => terms.reduce((sum, [weight, value]) => sum + weight * value, 0),
}

/** How far the solver ends from the exact solution on N(0, deviation²), whose estimate of x0 is linear. */
async function distance(timesteps: readonly number[]): Promise<number> {
  const levels = givenTimesteps(timesteps).levels(timesteps.length, process)
  const events = run(dpmpp2m().plan(levels, process), 1, {
    ops,
    denoise: (x, { alpha, sigma }) => {
      const share = (alpha * deviation ** 2) / ((alpha * deviation) ** 2 + sigma ** 2)
      return { denoised: share * x }
    },
  })
  const [{ alpha, sigma }] = levels as [(typeof levels)[number]]
  const exact = deviation / Math.sqrt((alpha * deviation) ** 2 + sigma ** 2)
  let last = 1
  for await (const event of events) last = event.x
  return Math.abs(last - exact)
}

describe('searchTimesteps', () => {
  test('finds what trying all timesteps finds', async () => {
    let least = { timesteps: [59, 1, 0], distance: Number.POSITIVE_INFINITY }
    for (let second = 1; second < 59; second++)
      for (let third = 0; third < second; third++) {
        const timesteps = [59, second, third]
        const found = await distance(timesteps)
        if (found < least.distance) least = { timesteps, distance: found }
      }
    let last: readonly number[] = []
    for await (const { timesteps } of searchTimesteps([59, 40, 20], { distance, tolerance: 0.01 })) last = timesteps
    expect(last).toEqual(least.timesteps)
  })

  test('the distance never rises, and a search continues where it was stopped', async () => {
    const start = [59, 47, 35, 23, 11]
    let before = await distance(start)
    const seen = []
    for await (const sweep of searchTimesteps(start, { distance })) {
      expect(sweep.distance).toBeLessThanOrEqual(before)
      expect(sweep.distance).toBe(await distance(sweep.timesteps))
      before = sweep.distance
      seen.push(sweep)
    }
    expect(before).toBeLessThan(0.5 * (await distance(start)))
    const [first] = seen as [(typeof seen)[number]]
    let again = first.timesteps
    for await (const { timesteps } of searchTimesteps(first.timesteps, { distance, reach: first.reach }))
      again = timesteps
    expect(again).toEqual(seen.at(-1)!.timesteps)
  })

  test.each([
    ['timesteps that rise', [3, 4], {}, /whole timesteps from 0 up that fall, got \[3, 4\]/],
    ['no timestep', [], {}, /got \[\]/],
    ['a fraction', [9.5, 4], {}, /got \[9.5, 4\]/],
    ['a reach of 2', [9, 4], { reach: 2 }, /searchTimesteps: reach: expected a number above 0 and at most 1, got 2/],
    ['a distance that is no number', [9, 4], { distance: () => Number.NaN }, /distances that are numbers, got NaN/],
  ])('refuses %s', async (_, start, options, message) => {
    await expect(searchTimesteps(start, { distance, ...options }).next()).rejects.toThrow(message)
  })

  test('stops when stop returns true', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(searchTimesteps([9, 4], { distance, signal }).next()).rejects.toThrow('enough')
  })
})
