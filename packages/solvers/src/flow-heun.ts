import type { Solver, Step } from './plan.ts'
import { checkLevels, evaluation, firstOrder, state, unchanged, weighted } from './weights.ts'

/**
 * Heun's method in the time of flow matching: on `dx̃/dτ = ε − D` with `x̃ = x/(alpha + sigma)`, `τ = sigma/(alpha + sigma)`
 * (arXiv 2209.03003 eq. 1, diffusers' `FlowMatchHeunDiscreteScheduler`). The slope is finite where no signal is left, so
 * the first step is of second order as well; a step to sigma 0 is Euler's. `2·steps − 1` evaluations where the last level
 * is clean.
 */
export function flowHeun(): Solver {
  return {
    name: 'flow-heun',
    order: 2,
    plan(levels) {
      checkLevels('flow-heun', levels)
      let index = 0
      const steps = levels.slice(1).map((to, i): Step => {
        const from = levels[i]!
        const first = { level: from, input: unchanged }
        const predicted = firstOrder(from, to, index)
        if (to.sigma === 0) return { from, to, draws: [], evaluations: [first], output: firstOrder(from, to, index++) }
        const scale = to.alpha + to.sigma
        const [t, next] = [from.sigma / (from.alpha + from.sigma), to.sigma / scale]
        const half = (next - t) / 2
        const output = weighted(
          [to.sigma / from.sigma, state],
          [(-scale * half * (2 * next - t)) / (t * next), evaluation(index)],
          [(-scale * half) / next, evaluation(index + 1)],
        )
        index += 2
        return { from, to, draws: [], evaluations: [first, { level: to, input: predicted }], output }
      })
      return { steps }
    },
  }
}
