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

/** Whether the timestep is `ln(sigma)/4`: with continuous timesteps and v prediction. */
function continuous(o: Options): boolean {
  return o.timestep_type === 'continuous' && o.prediction_type === 'v_prediction'
}

/** EDM's process in variance preserving scaling, by default between the ends of the table. */
function continuousProcess(o: Options): Process {
  const [low, high] = rhoEnds(tableProcess(o, 'trace'))
  const ends = { sigma_min: o.sigma_min ?? low, sigma_max: o.sigma_max ?? high }
  return edmProcess({ ...o, ...ends, sigma_data: 1 }, quarterLog)
}

/** A spacing of the table's timesteps, with `interpolation_type` and `timestep_type`. */
function spaced(schedule: Schedule, o: Options): Schedule {
  const [straight, own] = [o.interpolation_type === 'linear', continuous(o)]
  if (straight && !own) return schedule
  return {
    name: schedule.name,
    levels(steps, process) {
      const table = tableProcess(o, 'trace')
      const spaced = schedule.levels(steps, table)
      // Even in the logarithm over the complete table, independent of the timesteps, with one more level.
      const even = straight ? spaced : exponential({ terminal: 'first' }).levels(steps + 1, table)
      if (!own) return even.map((level, i) => (i < steps ? { ...level, timestep: spaced[i]!.timestep! } : level))
      const levels = even === spaced || spaced.at(-1)!.sigma > 0 ? even : [...even, spaced.at(-1)!]
      return levels.map(level => (level.sigma === 0 ? level : process.level(process.timestep(level))))
    },
  }
}

/** The classes based on k-diffusion's samplers, which use `x/alpha`. */
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
