import type { Process } from '@fewstep/schedules'
import { scheduleOf } from '../choice.ts'
import { ConfigError, type Options } from '../config.ts'
import type { SchedulerClass } from './scheduler-class.ts'

/** `ln alpha = −(beta_max − beta_min)·t²/4 − beta_min·t/2` (arXiv 2011.13456 eq. 33); the timestep is `t·(T − 1)`. */
function continuousVp({
  beta_min: min,
  beta_max: max,
  num_train_timesteps: count,
  sampling_eps: end,
}: Options): Process {
  if (!(min > 0 && max > min)) throw new ConfigError(`beta_min and beta_max: must rise from 0, got ${min} and ${max}`)
  const scale = count - 1
  return {
    first: end * scale,
    last: scale,
    level(timestep) {
      const t = timestep / scale
      const log = (-(max - min) * t * t) / 4 - (min * t) / 2
      return { alpha: Math.exp(log), sigma: Math.sqrt(-Math.expm1(2 * log)), timestep }
    },
    timestep({ alpha, sigma }) {
      const log = Math.log1p((sigma / alpha) ** 2)
      return (scale * (Math.sqrt(min * min + 2 * (max - min) * log) - min)) / (max - min)
    },
  }
}

/** The variance preserving models of score SDE, for solvers by name. */
export const scoreSdeVpClass: SchedulerClass = {
  name: 'ScoreSdeVpScheduler',
  table: false,
  defaults: { num_train_timesteps: 2000 },
  only: {},
  process: continuousVp,
  prediction: () => 'epsilon',
  method() {
    throw new ConfigError(
      '_class_name: ScoreSdeVpScheduler takes Euler–Maruyama steps in a special time, which no solver supports; name a solver such as ddpm',
    )
  },
  solverOptions: () => ({}),
  schedule(_, chosen) {
    if (chosen !== undefined) return scheduleOf(chosen)
    return {
      name: 'even',
      levels(steps, { first, last, level }) {
        const part = (i: number): number => (steps === 1 ? 0 : i / (steps - 1))
        const noisy = Array.from({ length: steps }, (_, i) => level(last + part(i) * (first - last)))
        return [...noisy, { alpha: 1, sigma: 0 }]
      },
    }
  },
  initialScale: () => 1,
}
