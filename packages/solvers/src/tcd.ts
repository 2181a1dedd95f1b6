import type { NoiseLevel, Process } from '@fewstep/schedules'
import type { Solver } from './plan.ts'
import { checkLevels, checkOption, firstOrder, LevelsError, renoised, rho, unchanged } from './weights.ts'

/**
 * Strategic stochastic sampling, for models distilled by trajectory consistency (TCD, arXiv 2402.19159 algorithm 2): DDIM
 * to the timestep `s = (1 − gamma)·t'`, then noise up to `t'`:
 * `x_s = alpha_s·D + sigma_s·ε`, `x' = (alpha'/alpha_s)·x_s + √(sigma'² − (alpha'·sigma_s/alpha_s)²)·z`.
 *
 * `gamma` 0 is DDIM, 1 goes to the process's cleanest level each time. Timesteps count from the cleanest. Where `t'` is a
 * whole number, `s` is rounded down to one, as in the original. A step to the cleanest level, or to sigma 0, draws no
 * noise. The original ends at the cleanest level and takes the timesteps of `distilled`.
 *
 * @throws OptionError unless gamma is from 0 to 1; LevelsError without a process
 */
export function tcd(options: { readonly gamma?: number } = {}): Solver {
  const { gamma = 0.3 } = options
  checkOption('tcd', 'gamma', gamma, 0, 1)
  return {
    name: 'tcd',
    // Above 0 the jumps stay long, however many steps there are: only a distilled model can follow them.
    order: gamma === 0 ? 1 : 0,
    plan(levels, process) {
      checkLevels('tcd', levels)
      return {
        steps: levels.slice(1).map((to, i) => {
          const from = levels[i]!
          const evaluations = [{ level: from, input: unchanged }]
          const down = gamma === 0 || to.sigma === 0 ? rho(to) : lower(to, gamma, process)
          if (!(down < rho(to))) return { from, to, draws: [], evaluations, output: firstOrder(from, to, i) }
          const output = renoised(from, to, i, down, Math.sqrt(rho(to) ** 2 - down ** 2))
          return { from, to, draws: [{ from, to }], evaluations, output }
        }),
      }
    },
  }
}

/** `sigma/alpha` at `s`. */
function lower(to: NoiseLevel, gamma: number, process: Process | undefined): number {
  if (process === undefined)
    throw new LevelsError(
      'tcd',
      'gamma above 0 needs the level at another timestep; pass the process to plan(levels, process)',
    )
  const { first } = process
  const timestep = to.timestep ?? process.timestep(to)
  // The original multiplies in float32, which decides where the product is a whole number.
  if (Number.isInteger(timestep) && first === 0)
    return rho(process.level(Math.floor(Math.fround(Math.fround(1 - gamma) * timestep))))
  return rho(process.level(first + (1 - gamma) * (timestep - first)))
}
