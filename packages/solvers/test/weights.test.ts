import { edm, type NoiseLevel } from '@fewstep/schedules'
import type { Combination } from '@fewstep/solvers'
import { solverCatalogue } from '@fewstep/solvers/catalogue'
import { expect, test } from 'vitest'
import { variants } from './support/variants.ts'

/** Levels that nearly coincide: by rounding, by a part in a billion, in a million, beside long steps. */
const grids: readonly (readonly NoiseLevel[])[] = [1e-15, 1e-9, 1e-6, 1e-4]
  .flatMap(part => [
    [10, 10 * (1 - part), 1, 0.1],
    [10, 3, 3 * (1 - part), 3 * (1 - 2 * part), 1, 0.1],
    [10, 5, 3, 3 * (1 - part), 1, 1 - part, 0.5, 0.1],
    [10, 9, 8, 7, 7 * (1 - part), 2, 2 * (1 - part), 2 * (1 - 3 * part), 0.1],
  ])
  .map(sigmas => sigmas.map(sigma => ({ alpha: 1, sigma })))

/** The sizes of the estimates' weights, as parts of what one estimate of data, or of noise at the first level, would have. */
function size(sum: Combination, level: NoiseLevel): number {
  return sum.reduce((total, { slot, weight }) => {
    if (slot.kind !== 'evaluation') return total
    return total + Math.abs(weight) / (slot.view === 'data' || slot.view === 'unconditional' ? 1 : level.sigma)
  }, 0)
}

// An error of a float32 estimate, multiplied by more, would be seen.
test.each(solverCatalogue.map(row => [row.name, row] as const))(
  '%s keeps its weights small beside levels that nearly coincide, whatever its options',
  (_, row) => {
    for (const { options, solver } of variants(row)) {
      // Ten times the noise, as that option's largest value has it, has as many times the weights.
      const share = typeof options.eta === 'number' ? 1 + options.eta : 1
      for (const levels of grids)
        for (const { from, evaluations, output } of solver.plan(levels, edm()).steps)
          for (const sum of [output, ...evaluations.map(({ input }) => input)])
            expect(size(sum, from), `${JSON.stringify(options)} on ${levels.map(l => l.sigma)}`).toBeLessThan(
              3000 * share,
            )
    }
  },
)
