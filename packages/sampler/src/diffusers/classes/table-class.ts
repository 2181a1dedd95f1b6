import type { Process, Schedule, Terminal } from '@fewstep/schedules'
import type { OptionValue } from '@fewstep/schedules/catalogue'
import type { Prediction } from '../../network.ts'
import type { Threshold } from '../../threshold.ts'
import { type Choice, scheduleOf } from '../choice.ts'
import { ConfigError, type Options } from '../config.ts'
import { fromTimestep, tableProcess } from '../process.ts'
import type { SchedulerClass } from './scheduler-class.ts'

/** The differences between the classes of models with a table of betas. */
export type TableConventions = {
  readonly name: string
  readonly defaults?: Readonly<Record<string, unknown>>
  readonly only?: Readonly<Record<string, readonly unknown[]>>
  readonly foreign?: readonly string[]
  threshold?(options: Options): Threshold | undefined
  /** Whether it has one more interval than steps, without the cleanest level. */
  readonly extra?: boolean
  /** Whether `linspace` uses whole timesteps. */
  readonly round: boolean
  /** Whether the starting noise for `linspace` and `trailing` has the size of the first sigma, since the class uses `x/alpha`. */
  readonly scaled?: boolean
  /** Whether sigmas go between the process's ends (at whole timesteps), between the spacing's ends, or are not supported. */
  readonly sigmas: 'process' | 'spacing' | 'none'
  /** Whether Karras sigmas use whole timesteps in any case. */
  readonly roundsKarras?: boolean
  /** Whether `use_lu_lambdas` is an option of the class. */
  readonly lu?: boolean
  /** Whether `sigma_min` and `sigma_max` are options of the class. */
  readonly ends?: boolean
  readonly zeroSnr?: 'exact' | 'trace'
  /** The process, where it is not the table's. */
  process?(options: Options): Process | undefined
  /** Whether `lambda_min_clipped` is an option of the class. */
  readonly clips?: boolean
  /** The end of a run, with a spacing or with sigmas. */
  terminal(options: Options, by: 'spacing' | 'sigmas'): Terminal
  /** Applies the class's other options to a spacing. */
  spaced?(schedule: Schedule, options: Options): Schedule
  /** The class's schedule, where that is not a spacing. */
  own?(options: Options): Choice
  /** The schedule of `use_flow_sigmas`. */
  flow?(options: Options): Schedule
  /** The schedule of `use_flow_sigmas` with `use_karras_sigmas`. */
  flowKarras?(options: Options): Schedule
  named?(options: Options, method: string): Options
  method(options: Options): string
  solverOptions?(options: Options): Readonly<Record<string, OptionValue>>
}

/** Creates a class from its conventions. */
export function tableClass(c: TableConventions): SchedulerClass {
  return {
    name: c.name,
    table: true,
    defaults: c.defaults ?? {},
    only: c.only ?? {},
    foreign: c.foreign ?? [],
    threshold: options => c.threshold?.(options),
    ...(c.named === undefined ? {} : { named: c.named }),
    process: options => c.process?.(options) ?? tableProcess(options, c.zeroSnr ?? 'exact'),
    prediction(options) {
      const { prediction_type: kind, use_flow_sigmas: flow } = options
      if (kind === 'flow_prediction' && flow !== true)
        throw new ConfigError('prediction_type: flow_prediction is supported with use_flow_sigmas only')
      if (kind === 'trigflow') throw new ConfigError(`prediction_type: ${c.name} does not support trigflow`)
      return predictions[kind]
    },
    method: c.method,
    solverOptions: options => c.solverOptions?.(options) ?? {},
    schedule(options, chosen) {
      const { timestep_spacing: spacing } = options
      const sigmas = c.sigmas === 'none' ? undefined : sigmasOf(c, options)
      const both = chosen === undefined && sigmas !== undefined && options.use_flow_sigmas === true
      if (both && sigmas.name === 'karras' && c.flowKarras !== undefined) return c.flowKarras(options)
      if (both) throw new ConfigError(`use_flow_sigmas: is supported without other sigmas (${sigmas.name}) only`)
      const wanted = chosen ?? c.own?.(options) ?? sigmas
      if (wanted === undefined && options.use_flow_sigmas === true && c.flow !== undefined) return c.flow(options)
      const choice = wanted ?? { name: spacing }
      const { name } = choice
      const plain = scheduleOf(choice, conventions(c, options, name), ends(c, options, spacing))
      const schedule = isSpacing(name) ? (c.spaced?.(plain, options) ?? plain) : plain
      return c.clips === true && isSpacing(name) ? fromTimestep(schedule, options) : schedule
    },
    initialScale: ({ timestep_spacing: spacing }, [first]) =>
      c.scaled === true && spacing !== 'leading' ? first!.sigma : 1,
  }
}

const predictions: Readonly<Record<Exclude<Options['prediction_type'], 'trigflow'>, Prediction>> = {
  epsilon: 'epsilon',
  v_prediction: 'v',
  sample: 'sample',
  flow_prediction: 'flow',
}

function sigmasOf(c: TableConventions, o: Options): Choice | undefined {
  if (o.use_karras_sigmas === true) return { name: 'karras' }
  if (o.use_lu_lambdas === true && c.lu === true) return { name: 'exponential', options: { rounding: 'nearest' } }
  if (o.use_exponential_sigmas === true) return { name: 'exponential' }
  return o.use_beta_sigmas === true ? { name: 'beta' } : undefined
}

function isSpacing(name: string): boolean {
  return name === 'leading' || name === 'trailing' || name === 'linspace'
}

function conventions(c: TableConventions, o: Options, name: string): Readonly<Record<string, OptionValue>> {
  const terminal = c.terminal(o, isSpacing(name) ? 'spacing' : 'sigmas')
  if (isSpacing(name)) {
    const round = name === 'linspace' ? c.round : true
    return { offset: name === 'leading' ? o.steps_offset : 0, extra: c.extra ?? false, round, terminal }
  }
  const roundedSigmas = name === 'karras' ? 'nearest' : name === 'exponential' || name === 'beta' ? 'down' : 'none'
  return {
    terminal,
    rounding: c.sigmas === 'process' || (c.roundsKarras === true && name === 'karras') ? roundedSigmas : 'none',
    ...(c.ends !== true || o.sigma_min === null ? {} : { sigmaMin: o.sigma_min }),
    ...(c.ends !== true || o.sigma_max === null ? {} : { sigmaMax: o.sigma_max }),
  }
}

/** The schedule whose ends the sigmas use. */
function ends(c: TableConventions, o: Options, spacing: string): Schedule | undefined {
  const given = c.ends === true && o.sigma_min !== null && o.sigma_max !== null
  const whole = c.spaced !== undefined && o.interpolation_type === 'log_linear'
  if (c.sigmas !== 'spacing' || given || whole) return undefined
  const plain = scheduleOf({ name: spacing }, conventions(c, o, spacing))
  return c.spaced?.(plain, o) ?? plain
}
