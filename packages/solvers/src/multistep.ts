import type { NoiseLevel } from '@fewstep/schedules'
import type { Node } from './lambda-step.ts'
import type { Combination, Plan } from './plan.ts'
import { checkLevels, unchanged } from './weights.ts'

/** How a multistep method ends. */
export type EndOptions = {
  /** Lower the order step by step to 1 at the end; by default in runs of fewer than 15 steps, as in diffusers. */
  readonly lowerOrderFinal?: boolean
  /** Use first order for the last step, in runs of any length. */
  readonly eulerAtFinal?: boolean
}

/** The order of a step: at most the number of evaluations so far, and lower at the end where `end` says so. */
export function orderAt(order: number, number: number, steps: number, end: EndOptions): number {
  const { lowerOrderFinal = steps < 15, eulerAtFinal = false } = end
  const left = steps - number
  if (eulerAtFinal && left === 1) return 1
  return Math.min(order, number + 1, lowerOrderFinal ? left : order)
}

/** One step of a multistep method. */
export type MultistepMove = {
  readonly from: NoiseLevel
  readonly to: NoiseLevel
  readonly number: number
  readonly steps: number
  /** The evaluations so far, newest first: the first one is at `from`. */
  readonly history: readonly Node[]
}

/** A plan with one evaluation of the state in each step, and with `draws` one noise draw. */
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
