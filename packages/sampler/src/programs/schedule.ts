import { checkNumber } from '@fewstep/errors'
import { type NoiseLevel, type Process, type Schedule, ScheduleError } from '@fewstep/schedules'
import type { OptionSpec, OptionValue } from '@fewstep/schedules/catalogue'
import type { Sigmas } from './sigmas.ts'

/** Said by the sampler, and by a user where wanted. */
export const discardOption: Readonly<Record<string, OptionSpec>> = {
  discardPenultimate: {
    type: 'boolean',
    default: false,
    help: 'plan one step more and leave out the last noisy level',
  },
}

type Conventions = { readonly title: string; told(timestep: number, process: Process): number }

/** A schedule from a program's `sigma/alpha`. Where the program gives more or fewer levels than steps, so does this. */
export function programSchedule(
  { title, told }: Conventions,
  name: string,
  sigmas: Sigmas,
  options: Readonly<Record<string, OptionValue>>,
): Schedule {
  return {
    name,
    levels(steps, process) {
      const refuse = (expected: string): Error => new ScheduleError(name, `needs steps to be ${expected}, got ${steps}`)
      checkNumber(steps, { whole: true, minimum: 1 }, refuse)
      const discards = options.discardPenultimate === true
      const all = sigmas(steps + (discards ? 1 : 0), process)
      const kept = discards ? [...all.slice(0, -2), ...all.slice(-1)] : all
      if (kept.length < 2) throw new ScheduleError(name, `of ${title} has no step at ${steps}; take more steps`)
      kept.forEach((rho, i) => {
        if (Number.isFinite(rho) && (i === 0 || rho < kept[i - 1]!)) return
        throw new ScheduleError(name, `of ${title} does not fall at ${steps} steps; take another number of steps`)
      })
      return kept.map(rho => levelOf(process, rho, told))
    },
  }
}

/** The variance preserving level, also beyond the process's ends; the network is told the nearest timestep there. */
function levelOf(process: Process, rho: number, told: Conventions['told']): NoiseLevel {
  if (rho === 0) return { alpha: 1, sigma: 0 }
  const alpha = 1 / Math.hypot(1, rho)
  const timestep = process.timestep({ alpha: 1, sigma: rho })
  return { alpha, sigma: rho * alpha, timestep: told(timestep, process) }
}
