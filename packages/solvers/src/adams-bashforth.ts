import type { Node } from './lambda-step.ts'
import type { MultistepMove } from './multistep.ts'
import type { Combination } from './plan.ts'
import { firstOrder, transfer } from './weights.ts'

/** The Adams–Bashforth weights on a uniform grid, for one to four slopes, newest first. */
export function adamsBashforth(slopes: number): readonly number[] {
  return table[slopes - 1]!
}

const table: readonly (readonly number[])[] = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
]

/**
 * DDIM's transfer by a weighted sum of the noise of the newest evaluations, `slopes` of them at most. From alpha 0, where
 * there is nothing to transfer, and with one slope to sigma 0, the step is of first order in data form.
 *
 * With `fixed`, the noise `x/sigma` at a level of alpha 0 counts as a slope too: fixed weights do not depend on
 * `sigma/alpha`, which is infinite there.
 */
export function adamsStep(
  { from, to, history }: MultistepMove,
  slopes: number,
  weights: (nodes: readonly Node[]) => readonly number[],
  fixed = false,
): Combination {
  if (from.alpha === 0 || (to.sigma === 0 && slopes === 1)) return firstOrder(from, to, history[0]!.index)
  const nodes = history.filter(({ level }) => fixed || level.alpha > 0).slice(0, slopes)
  return transfer(
    from,
    to,
    weights(nodes).map((weight, k) => [weight, nodes[k]!.index]),
  )
}
