import { flow, type NoiseLevel } from '@fewstep/schedules'
import { flowHeun } from '@fewstep/solvers'
import { expect, test } from 'vitest'
import { provesOrder } from './support/order.ts'

provesOrder([{ solver: flowHeun() }])

test('in the flow frame it is the mean of v at both ends', () => {
  const [from, to]: readonly NoiseLevel[] = [0.8, 0.5].map(sigma => flow().level(1000 * sigma))
  const { output, evaluations } = flowHeun().plan([from!, to!]).steps[0]!
  // With D = 2 and then 1 from x = 3: v = (x − D)/sigma, x̃ = 3 − 0.3·v0.
  const [v0, guess] = [1.25, 2.625]
  const value = (terms: typeof output) =>
    terms.reduce((sum, { slot, weight }) => {
      return sum + weight * (slot.kind === 'state' ? 3 : slot.kind === 'evaluation' ? 2 - slot.index : Number.NaN)
    }, 0)
  expect(value(evaluations[1]!.input)).toBeCloseTo(guess, 12)
  expect(value(output)).toBeCloseTo(3 - 0.15 * (v0 + (guess - 1) / 0.5), 12)
})

test('from pure noise the first step is of second order, too', () => {
  const { steps } = flowHeun().plan([1000, 600, 0].map(t => flow().level(t)))
  expect(steps.map(({ evaluations }) => evaluations.length)).toEqual([2, 1])
  expect(steps[0]!.output.every(({ weight }) => Number.isFinite(weight))).toBe(true)
})
