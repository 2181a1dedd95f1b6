import { fractionsOf, innerLevels } from './dpm-singlestep.ts'
import { ancestralNoise, sdeNoise } from './noising.ts'
import type { Solver } from './plan.ts'
import { type SinglestepForm, singlestep } from './singlestep.ts'
import { checkLevels, checkOption } from './weights.ts'

export type StagedSdeOptions = {
  /** The share of fresh noise: 0 is the ODE, 1 the reverse SDE. */
  readonly eta?: number
  readonly sNoise?: number
  /** Where the first inner evaluation lies, as a fraction of the step in λ: 1/2 or, with three evaluations, 1/3 by default. */
  readonly r1?: number
}

/**
 * DPM-Solver++ 2S on the reverse SDE (k-diffusion's `dpmpp_sde`; arXiv 2211.01095 with noise as in `eulerAncestral`): one
 * evaluation at the level and one at the fraction `r1` of the step in λ, each reached with the noise of that distance. The
 * noise at both is one path. As published (`reference`), each of the two draws noise for the full distance from the level,
 * which is one path only with a Brownian source. Two evaluations a step, one at the end. Needs the process.
 *
 * @throws OptionError
 */
export function dpmppSde(options: StagedSdeOptions & { readonly reference?: boolean } = {}): Solver {
  const { eta = 1 } = options
  return staged('dpmpp-sde', 2, { ...options, noising: ancestralNoise(eta) })
}

/**
 * SEEDS-2 (arXiv 2305.14267 algorithm 3, in data form): exponential Runge–Kutta on the reverse SDE with the noise
 * integrated exactly, `x_t = (sigma_t/sigma)·e^(−eta·h)·x + … + sigma_t·√(1 − e^(−2·eta·h))·z`. Two evaluations a step, one
 * at the end. Needs the process.
 *
 * @throws OptionError
 */
export function seeds2(options: StagedSdeOptions = {}): Solver {
  return staged('seeds-2', 2, { ...options, noising: sdeNoise(options.eta ?? 1) })
}

/**
 * SEEDS-3 (arXiv 2305.14267 algorithm 4, in data form): as {@link seeds2}, with three evaluations. Third order without
 * noise, weak order 2 with noise.
 *
 * @throws OptionError
 */
export function seeds3(options: StagedSdeOptions = {}): Solver {
  return staged('seeds-3', 3, { ...options, noising: sdeNoise(options.eta ?? 1) })
}

function staged(
  name: string,
  evaluations: 2 | 3,
  { eta = 1, sNoise = 1, r1, ...form }: StagedSdeOptions & Pick<SinglestepForm, 'noising' | 'reference'>,
): Solver {
  checkOption(name, 'eta', eta, 0, 1)
  checkOption(name, 'sNoise', sNoise, 0, Number.MAX_VALUE)
  const fractions = fractionsOf(name, evaluations, r1)
  return {
    name,
    // With noise, the third evaluation does not raise the weak order; independent draws at the stages lower it by one.
    order: eta === 0 ? evaluations : form.reference ? 1 : 2,
    plan(levels, process) {
      checkLevels(name, levels)
      let index = 0
      return {
        steps: levels.slice(1).map((to, i) => {
          const from = levels[i]!
          const inner = from.alpha > 0 && to.sigma > 0 ? innerLevels(name, from, to, fractions, process) : []
          const step = singlestep(from, inner, to, index, { view: 'data', solverType: 'midpoint', sNoise, ...form })
          index += inner.length + 1
          return { from, to, ...step }
        }),
      }
    },
  }
}
