import { checkNumber } from '@fewstep/errors'
import { type NoiseLevel, type Process, type Schedule, ScheduleError } from '@fewstep/schedules'
import type { OptionSpec, OptionValue } from '@fewstep/schedules/catalogue'
import type { Sigmas } from './sigmas.ts'

/** An option that some samplers set, and that users can set as well. */
export const discardOption: Readonly<Record<string, OptionSpec>> = {
  discardPenultimate: {
    type: 'boolean',
    default: false,
    help: 'plan one more step and leave out the last noisy level',
  },
}

type Conventions = { readonly title: string; told(timestep: number, process: Process): number }

/** A schedule from a program's `sigma/alpha`. It may have more or fewer levels than `steps`, as in the program. */
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
      const planned = sigmas(steps + (discards ? 1 : 0), process)
      const kept = discards ? [...planned.slice(0, -2), ...planned.slice(-1)] : planned
      if (kept.length < 2) throw new ScheduleError(name, `of ${title} has no step at ${steps}; use more steps`)
      kept.forEach((rho, i) => {
        if (Number.isFinite(rho) && (i === 0 || rho < kept[i - 1]!)) return
        throw new ScheduleError(name, `of ${title} does not fall at ${steps} steps; use another number of steps`)
      })
      return kept.map(rho => levelOf(process, rho, told))
    },
  }
}

/** The variance preserving level. Beyond the process's ends, the model gets the nearest timestep. */
function levelOf(process: Process, rho: number, told: Conventions['told']): NoiseLevel {
  if (rho === 0) return { alpha: 1, sigma: 0 }
  const alpha = 1 / Math.hypot(1, rho)
  const timestep = process.timestep({ alpha: 1, sigma: rho })
  return { alpha, sigma: rho * alpha, timestep: told(timestep, process) }
}
