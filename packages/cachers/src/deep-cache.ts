import type { DeepFeatures } from './cacher.ts'
import { CacherError, checkWhole } from './errors.ts'
import { nonUniformSteps } from './non-uniform.ts'

export type DeepCacheOptions = {
  /** A full pass at each `interval`-th step; 3 where absent. */
  readonly interval?: number
  /** The skip connection to cut at; 0, the cheapest, where absent. The paper's own runs of Stable Diffusion cut at 1. */
  readonly branch?: number
  /** Full passes gathered around a step instead of evenly; `center` and `power` as in the paper's table 10. */
  readonly nonUniform?: { readonly center: number; readonly power: number }
  /**
   * What is counted. `steps`: the solver's steps, so that all calls of a step are alike. `timesteps`: as the DeepCache
   * package does, the first call at an equal timestep, which tells steps and calls apart where a solver repeats one (PNDM,
   * Heun).
   */
  readonly count?: 'steps' | 'timesteps'
  /**
   * 2, the default: the whole graph and its shallow part, whose weights are in memory twice (under 1 % of a Stable Diffusion
   * U-Net's at branch 0). 1: one graph that switches.
   */
  readonly graphs?: 1 | 2
}

/**
 * DeepCache (arXiv 2312.00858): deep features of the U-Net are computed at some steps and reused between them, while the
 * layers outside the cut run at each step.
 *
 * @throws CacherError
 */
export function deepCache(options: DeepCacheOptions = {}): DeepFeatures {
  const { interval = 3, branch = 0, nonUniform, count = 'steps', graphs = 2 } = options
  checkWhole('deepcache: interval', interval, 1)
  checkWhole('deepcache: branch', branch, 0)
  if (graphs !== 1 && graphs !== 2) throw new CacherError('deepcache: graphs', '1 or 2', graphs)
  if (nonUniform !== undefined && count === 'timesteps')
    throw new CacherError('deepcache: count', 'steps where the timetable is non-uniform', count)
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
      if (first < 0) throw new CacherError('deepcache: count', 'steps where levels have no timesteps', count)
      return first % interval === 0
    },
  }
}
