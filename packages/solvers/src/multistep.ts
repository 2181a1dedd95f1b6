import type { NoiseLevel } from '@fewstep/schedules'
import type { Node } from './lambda-step.ts'
import type { Combination, Plan } from './plan.ts'
import { checkLevels, unchanged } from './weights.ts'

/** How a multistep method ends. */
export type EndOptions = {
  /** Come down to first order over the last steps; where absent, in runs of fewer than 15 steps (as diffusers has it). */
  readonly lowerOrderFinal?: boolean
  /** Make the last step one of first order, in runs of any length. */
  readonly eulerAtFinal?: boolean
}

/** The order of a step: no more than there are evaluations, and lower at the end where that is wanted. */
export function orderAt(order: number, number: number, steps: number, end: EndOptions): number {
  const { lowerOrderFinal = steps < 15, eulerAtFinal = false } = end
  const left = steps - number
  if (eulerAtFinal && left === 1) return 1
  return Math.min(order, number + 1, lowerOrderFinal ? left : order)
}

/** One step as a multistep method sees it. */
export type MultistepMove = {
  readonly from: NoiseLevel
  readonly to: NoiseLevel
  readonly number: number
  readonly steps: number
  /** The evaluations so far, newest first: the first one is at `from`. */
  readonly history: readonly Node[]
}

/** A plan with one evaluation a step, of the state, and one draw where `draws`. */
export function multistepPlan(
  solver: string,
  levels: readonly NoiseLevel[],
  output: (move: MultistepMove) => Combination,
  draws = false,
): Plan {
  checkLevels(solver, levels)
  const nodes = levels.map((level, index): Node => ({ level, index }))
  return {
    steps: levels.slice(1).map((to, number) => {
      const from = levels[number]!
      const history = nodes.slice(0, number + 1).reverse()
      return {
        from,
        to,
        draws: draws ? [{ from, to }] : [],
        evaluations: [{ level: from, input: unchanged }],
        output: output({ from, to, number, steps: levels.length - 1, history }),
      }
    }),
  }
}
