import { exponential, type Process, type Schedule } from '@fewstep/schedules'
import type { Options } from '../config.ts'
import { clipped } from '../limits.ts'
import { rhoEnds, tableProcess } from '../process.ts'
import { edmProcess, quarterLog } from './edm-classes.ts'
import { type TableConventions, tableClass } from './table-class.ts'

const base = {
  round: false,
  scaled: true,
  sigmas: 'spacing',
  defaults: { timestep_spacing: 'linspace' },
  terminal: () => 'zero',
} as const satisfies Partial<TableConventions>
const heunLike = { timestep_spacing: 'linspace', beta_start: 0.00085, beta_end: 0.012 }

/** Told `ln(sigma)/4`, where it predicts v. */
function continuous(o: Options): boolean {
  return o.timestep_type === 'continuous' && o.prediction_type === 'v_prediction'
}

/** EDM's process in the variance preserving frame, between the ends of the table where none are given. */
function continuousProcess(o: Options): Process {
  const [low, high] = rhoEnds(tableProcess(o, 'trace'))
  const ends = { sigma_min: o.sigma_min ?? low, sigma_max: o.sigma_max ?? high }
  return edmProcess({ ...o, ...ends, sigma_data: 1 }, quarterLog)
}

/** A spacing of the table's timesteps, and what `interpolation_type` and `timestep_type` make of it. */
function spaced(schedule: Schedule, o: Options): Schedule {
  const [straight, own] = [o.interpolation_type === 'linear', continuous(o)]
  if (straight && !own) return schedule
  return {
    name: schedule.name,
    levels(steps, process) {
      const table = tableProcess(o, 'trace')
      const told = schedule.levels(steps, table)
      // Evenly in the logarithm over the whole table, whatever the timesteps are, and one level more.
      const even = straight ? told : exponential({ terminal: 'first' }).levels(steps + 1, table)
      if (!own) return even.map((level, i) => (i < steps ? { ...level, timestep: told[i]!.timestep! } : level))
      const levels = even === told || told.at(-1)!.sigma > 0 ? even : [...even, told.at(-1)!]
      return levels.map(level => (level.sigma === 0 ? level : process.level(process.timestep(level))))
    },
  }
}

/** The classes after k-diffusion's samplers, which keep `x/alpha`. */
export const sigmaClasses = [
  tableClass({
    ...base,
    name: 'EulerDiscreteScheduler',
    ends: true,
    zeroSnr: 'trace',
    process: options => (continuous(options) ? continuousProcess(options) : undefined),
    spaced,
    terminal: options => (options.final_sigmas_type === 'zero' ? 'zero' : 'first'),
    method: () => 'euler',
  }),
  tableClass({
    ...base,
    name: 'EulerAncestralDiscreteScheduler',
    sigmas: 'none',
    zeroSnr: 'trace',
    method: () => 'euler-ancestral',
  }),
  tableClass({
    ...base,
    name: 'HeunDiscreteScheduler',
    defaults: heunLike,
    threshold: clipped,
    method: () => 'heun',
  }),
  tableClass({
    ...base,
    name: 'KDPM2DiscreteScheduler',
    defaults: heunLike,
    roundsKarras: true,
    method: () => 'dpm-2',
  }),
  tableClass({
    ...base,
    name: 'KDPM2AncestralDiscreteScheduler',
    defaults: heunLike,
    roundsKarras: true,
    method: () => 'dpm-2-ancestral',
  }),
  tableClass({ ...base, name: 'DPMSolverSDEScheduler', defaults: heunLike, method: () => 'dpmpp-sde' }),
  tableClass({ ...base, name: 'LMSDiscreteScheduler', method: () => 'lms' }),
]
