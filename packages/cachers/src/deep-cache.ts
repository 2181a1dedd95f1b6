import type { DeepFeatures } from './cacher.ts'
import { CacherError, checkWhole } from './errors.ts'
import { nonUniformSteps } from './non-uniform.ts'

export type DeepCacheOptions = {
  /** A full pass every `interval` steps; 3 by default. */
  readonly interval?: number
  /** The skip connection to cut at; 0, the cheapest, by default. The paper's runs of Stable Diffusion cut at 1. */
  readonly branch?: number
  /** Full passes dense around the step `center` instead of evenly spaced; `center` and `power` as in the paper's table 10. */
  readonly nonUniform?: { readonly center: number; readonly power: number }
  /**
   * What `interval` counts. `steps`: the solver's steps, so all evaluations of a step are treated alike. `timesteps`: as in
   * the DeepCache package, the number of the first evaluation at the same timestep. The two differ for solvers that evaluate
   * the model more often than once per step, or twice at one timestep (PNDM, Heun).
   */
  readonly count?: 'steps' | 'timesteps'
  /**
   * 2, the default: the full graph and its shallow part, whose weights are in memory twice (under 1 % of a Stable Diffusion
   * U-Net's at branch 0). 1: one graph that switches, with all weights in memory once.
   */
  readonly graphs?: 1 | 2
}

/**
 * DeepCache (arXiv 2312.00858): computes the deep features of the U-Net at some steps and reuses them at the steps between. The
 * layers outside the cut run at every step.
 *
 * @throws CacherError
 */
export function deepCache(options: DeepCacheOptions = {}): DeepFeatures {
  const { interval = 3, branch = 0, nonUniform, count = 'steps', graphs = 2 } = options
  checkWhole('deepcache: interval', interval, 1)
  checkWhole('deepcache: branch', branch, 0)
  if (graphs !== 1 && graphs !== 2) throw new CacherError('deepcache: graphs', '1 or 2', graphs)
  if (nonUniform !== undefined && count === 'timesteps')
    throw new CacherError('deepcache: count', 'steps with nonUniform', count)
  return {
    kind: 'deep-features',
    name: 'deepcache',
    branch,
    graphs,
    computes({ step, steps, level }, since, calls) {
      if (nonUniform !== undefined) {
        const { center, power } = nonUniform
        return step === since || nonUniformSteps(steps, { interval, center, power }).includes(step)
      }
      if (count === 'steps') return (step - since) % interval === 0
      const first = calls.findIndex(
        ({ level: other }) => other.timestep === level.timestep && level.timestep !== undefined,
      )
      if (first < 0) throw new CacherError('deepcache: count', 'steps where the noise levels have no timesteps', count)
      return first % interval === 0
    },
  }
}
