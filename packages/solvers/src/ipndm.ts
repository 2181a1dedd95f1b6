import { adamsBashforth } from './adams-bashforth.ts'
import type { Solver } from './plan.ts'
import { checkLevels, checkOption, firstOrder, transfer, unchanged } from './weights.ts'

/**
 * iPNDM (arXiv 2204.13902 §3.3): Adams–Bashforth's fixed weights on the noise, moved by DDIM's transfer; the first steps
 * make do with the slopes that there are, so that every step is one call. A step to sigma 0 is of first order unless
 * `eulerAtFinal` is false, as in diffusers.
 *
 * Of second order from `order` 2 on; of the order asked for where `sigma/alpha` falls evenly.
 *
 * @throws OptionError unless the order is 1, 2, 3 or 4
 */
export function ipndm(options: { readonly order?: number; readonly eulerAtFinal?: boolean } = {}): Solver {
  const { order = 4, eulerAtFinal = true } = options
  checkOption('ipndm', 'order', order, 1, 4, true)
  return {
    name: 'ipndm',
    order: Math.min(order, 2),
    plan(levels) {
      checkLevels('ipndm', levels)
      // Of a level without signal the noise is no slope.
      const start = levels[0]!.alpha === 0 ? 1 : 0
      return {
        steps: levels.slice(1).map((to, i) => {
          const from = levels[i]!
          const slopes = to.sigma === 0 && eulerAtFinal ? 1 : Math.min(order, i + 1 - start)
          const output =
            i < start
              ? firstOrder(from, to, i)
              : transfer(
                  from,
                  to,
                  adamsBashforth(slopes).map((w, k) => [w, i - k]),
                )
          return { from, to, draws: [], evaluations: [{ level: from, input: unchanged }], output }
        }),
      }
    },
  }
}
