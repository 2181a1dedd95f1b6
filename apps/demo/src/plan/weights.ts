import type { Combination, Plan, Slot } from '@fewstep/solvers'

/** One term of a weighted sum, as it is drawn. */
export type WeightBar = {
  /** `x`, `D3`, `ε3`, `N3`, `U3` or `z0`. */
  readonly symbol: string
  readonly meaning: string
  readonly weight: number
  /** From −1 to 1: the weight over the largest of the sum. */
  readonly length: number
}

/** What a step adds up: its output, and the inputs of its evaluations. */
export type StepWeights = {
  readonly output: readonly WeightBar[]
  readonly inputs: readonly { readonly evaluation: number; readonly bars: readonly WeightBar[] }[]
}

/** @throws RangeError for a step that the plan does not have */
export function stepWeights({ steps }: Plan, number: number): StepWeights {
  const step = steps[number]
  if (step === undefined) throw new RangeError(`step must be from 0 to ${steps.length - 1}, got ${number}`)
  const before = steps.slice(0, number).reduce((sum, { evaluations }) => sum + evaluations.length, 0)
  return {
    output: bars(step.output),
    inputs: step.evaluations.map(({ input }, i) => ({ evaluation: before + i, bars: bars(input) })),
  }
}

function bars(sum: Combination): readonly WeightBar[] {
  const largest = Math.max(...sum.map(({ weight }) => Math.abs(weight)))
  return sum.map(({ slot, weight }) => ({
    ...named(slot),
    weight,
    length: largest === 0 ? 0 : weight / largest,
  }))
}

function named(slot: Slot): Pick<WeightBar, 'symbol' | 'meaning'> {
  if (slot.kind === 'state') return { symbol: 'x', meaning: 'the image so far' }
  if (slot.kind === 'draw') return { symbol: `z${slot.index}`, meaning: 'new noise' }
  const number = slot.index + 1
  switch (slot.view) {
    case 'data':
      return { symbol: `D${number}`, meaning: `the finished image, as evaluation ${number} estimates it` }
    case 'noise':
      return { symbol: `ε${number}`, meaning: `the noise, as evaluation ${number} estimates it` }
    case 'raw-noise':
      return { symbol: `N${number}`, meaning: `the noise, as evaluation ${number} estimates it before clipping` }
    case 'unconditional':
      return {
        symbol: `U${number}`,
        meaning: `the finished image, as evaluation ${number} estimates it without guidance`,
      }
  }
}
