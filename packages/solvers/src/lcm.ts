import type { NoiseLevel, Process } from '@fewstep/schedules'
import type { Solver } from './plan.ts'
import { checkLevels, checkOption, draw, evaluation, LevelsError, state, unchanged, weighted } from './weights.ts'

/**
 * Latent consistency sampling (LCM, arXiv 2310.04378 algorithm 3): `x' = alpha'·f + sigma'·z` with
 * `f = c_skip·x + c_out·D`, `c_skip = d²/(t² + d²)`, `c_out = t/√(t² + d²)`, `d` 0.5 and `t` the timestep times
 * `timestepScaling`; `x` in the variance preserving frame. No noise where sigma' is 0.
 *
 * Timesteps count from 0 to 999, as such models take them: those of a table as they are, those of another process in
 * proportion. Timesteps between 0 and 1 count as 1. `timestepScaling` Infinity is `f = D`, as for flow models and in ComfyUI.
 * The original takes the timesteps of `distilled`.
 *
 * @throws OptionError where timestepScaling is below 0; LevelsError without timesteps
 */
export function lcm(options: { readonly timestepScaling?: number } = {}): Solver {
  const { timestepScaling = 10 } = options
  checkOption('lcm', 'timestepScaling', timestepScaling, 0, Number.POSITIVE_INFINITY)
  return {
    name: 'lcm',
    order: 0,
    plan(levels, process) {
      checkLevels('lcm', levels)
      return {
        steps: levels.slice(1).map((to, i) => {
          const from = levels[i]!
          const [skip, out] = boundary(from, timestepScaling, process)
          return {
            from,
            to,
            draws: to.sigma > 0 ? [{ from, to }] : [],
            evaluations: [{ level: from, input: unchanged }],
            output: weighted(
              [(to.alpha * skip) / Math.hypot(from.alpha, from.sigma), state],
              [to.alpha * out, evaluation(i)],
              [to.sigma, draw(0)],
            ),
          }
        }),
      }
    },
  }
}

/** `c_skip` and `c_out`, which make `f = x` at timestep 0. */
function boundary(
  level: NoiseLevel,
  scaling: number,
  process: Process | undefined,
): readonly [skip: number, out: number] {
  if (scaling === Number.POSITIVE_INFINITY) return [0, 1]
  const timestep = level.timestep ?? process?.timestep(level)
  if (timestep === undefined)
    throw new LevelsError('lcm', 'the boundary scaling needs timesteps; pass the process to plan(levels, process)')
  const table = process === undefined || process.first === 0
  const counted = table ? timestep : (999 * (timestep - process.first)) / (process.last - process.first)
  // Below timestep 1, where no such model is trained, the factors add up to more than 1, and a long run would grow.
  const time = scaling * (counted > 0 ? Math.max(1, counted) : 0)
  const deviation = 0.5
  const norm = time ** 2 + deviation ** 2
  return [deviation ** 2 / norm, time / Math.sqrt(norm)]
}
