import type { Process } from '@fewstep/schedules'
import { scheduleOf } from '../choice.ts'
import { ConfigError, type Options } from '../config.ts'
import type { SchedulerClass } from './scheduler-class.ts'

/** `ᾱ = cos²((u + s)/(1 + s)·π/2)/cos²(s/(1 + s)·π/2)` within 0.0001 and 0.9999, `u` the timestep, warped by `scaler`. */
function cosineProcess({ scaler, s }: Options): Process {
  if (!(scaler > 0 && s >= 0)) throw new ConfigError(`scaler and s: must be above 0, got ${scaler} and ${s}`)
  const angle = (u: number): number => (((u + s) / (1 + s)) * Math.PI) / 2
  const whole = Math.cos(angle(0)) ** 2
  const [low, high] = [Math.fround(0.0001), Math.fround(0.9999)]
  return {
    first: 0,
    last: 1,
    level(timestep) {
      const u = scaler > 1 ? 1 - (1 - timestep) ** scaler : timestep ** scaler
      // In float32, which matters for 1 − ᾱ at the clean end.
      const bar = Math.min(Math.max(Math.fround(Math.cos(angle(u)) ** 2 / whole), low), high)
      return { alpha: Math.sqrt(bar), sigma: Math.sqrt(1 - bar), timestep }
    },
    timestep({ alpha, sigma }) {
      const bar = alpha ** 2 / (alpha ** 2 + sigma ** 2)
      const u = Math.min(1, Math.max(0, (Math.acos(Math.sqrt(bar * whole)) * 2 * (1 + s)) / Math.PI - s))
      return scaler > 1 ? 1 - (1 - u) ** (1 / scaler) : u ** (1 / scaler)
    },
  }
}

/** The scheduler of Würstchen and Stable Cascade. */
export const wuerstchenClass: SchedulerClass = {
  name: 'DDPMWuerstchenScheduler',
  table: false,
  defaults: {},
  only: {},
  process: cosineProcess,
  prediction: () => 'epsilon',
  method: () => 'ddpm',
  solverOptions: () => ({ finalNoise: false }),
  schedule(_, chosen) {
    if (chosen !== undefined) return scheduleOf(chosen, { terminal: 'first' })
    return {
      name: 'even',
      levels(steps, process) {
        const levels = Array.from({ length: steps + 1 }, (_, i) => process.level(1 - i / steps))
        // Steps with ᾱ at the same limit on both sides change nothing, and are left out.
        const noisiest = levels.findLastIndex(({ alpha }) => alpha === levels[0]!.alpha)
        const cleanest = levels.findIndex(({ alpha }) => alpha === levels.at(-1)!.alpha)
        return levels.slice(noisiest, cleanest + 1)
      },
    }
  },
  initialScale: () => 1,
}
