import { ancestral } from './ancestral.ts'
import { levelAt } from './between.ts'
import { innerLevels, orders } from './dpm-singlestep.ts'
import type { Solver, Step } from './plan.ts'
import { singlestep } from './singlestep.ts'
import { checkLevels, checkOption, draw, lambda, rho, weighted } from './weights.ts'

/**
 * DPM-Solver-fast (arXiv 2206.00927 §3.4; k-diffusion's `dpm_fast`): as many evaluations as the schedule has noisy
 * intervals, in steps of three, two or one evaluation. The steps are even in λ between the first and the last noisy level;
 * the levels between these are not used. The step to a clean end is one evaluation more. With `eta` each step ends below its
 * level, and noise is added. The steps are of third order except for the last, which makes the run second order. Needs the
 * process.
 *
 * @throws OptionError
 */
export function dpmFast(options: { readonly eta?: number; readonly sNoise?: number } = {}): Solver {
  const name = 'dpm-fast'
  const { eta = 0, sNoise = 1 } = options
  checkOption(name, 'eta', eta, 0, 1)
  checkOption(name, 'sNoise', sNoise, 0, Number.MAX_VALUE)
  return {
    name,
    order: 2,
    plan(levels, process) {
      checkLevels(name, levels)
      // A start without signal has no finite λ: a step of one evaluation leads to the next level.
      const start = levels.filter(({ alpha }) => alpha === 0)
      const noisy = levels.filter(({ alpha, sigma }) => alpha > 0 && sigma > 0)
      const clean = levels.filter(({ sigma }) => sigma === 0)
      const sizes = noisy.length < 2 ? [] : orders(noisy.length - 1, 3, true)
      const [begin, end] = [noisy[0], noisy.at(-1)]
      const inner = sizes.slice(1).map((_, i) => {
        const [a, b] = [lambda(begin!), lambda(end!)]
        return levelAt(name, process, Math.exp(-a - ((i + 1) / sizes.length) * (b - a)))
      })
      const path = [...start, ...noisy.slice(0, 1), ...inner, ...noisy.slice(1).slice(-1), ...clean]
      const counts = [...(noisy.length > 0 ? start : []).map(() => 1), ...sizes, 1]
      let index = 0
      const steps = path.slice(1).map((to, i): Step => {
        const from = path[i]!
        const size = counts[i]!
        // Not below the last noisy level, as in k-diffusion.
        const down = Math.max(ancestral(from, to, { eta }).down, to.sigma === 0 ? 0 : rho(end!))
        const up = Math.sqrt(Math.max(0, (rho(to) - down) * (rho(to) + down)))
        const lower = { alpha: to.alpha, sigma: to.alpha * down }
        const fractions = size === 3 ? [1 / 3, 2 / 3] : size === 2 ? [1 / 2] : []
        const step = singlestep(from, innerLevels(name, from, lower, fractions, process), lower, index, {
          view: 'noise',
          solverType: 'midpoint',
        })
        index += size
        const noise = weighted([to.alpha * up * sNoise, draw(0)])
        return { from, to, ...step, draws: eta > 0 ? [{ from, to }] : [], output: [...step.output, ...noise] }
      })
      return { steps }
    },
  }
}
