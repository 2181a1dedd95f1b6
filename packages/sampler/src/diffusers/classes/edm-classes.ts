import { exponential, karras, type Process } from '@fewstep/schedules'
import type { Prediction } from '../../network.ts'
import { edmCoefficients } from '../../precondition.ts'
import { scheduleOf } from '../choice.ts'
import { ConfigError, type Options } from '../config.ts'
import { thresholded } from '../limits.ts'
import { givenEnds } from '../process.ts'
import { dpmEnds, dpmForm, dpmName } from './dpm-options.ts'
import type { SchedulerClass } from './scheduler-class.ts'

/**
 * EDM's process, scaled as the model's input, `alpha = c_in = 1/√(sigma² + deviation²)` of sigma/alpha. The timestep is
 * `time(sigma)`.
 */
export function edmProcess(o: Options, time: Time): Process {
  const [min, max] = endsOf(o)
  const { in: frame } = edmCoefficients({ sigmaData: o.sigma_data })
  return {
    first: time.of(min),
    last: time.of(max),
    level(timestep) {
      const sigma = time.sigma(timestep)
      return { alpha: frame(sigma), sigma: sigma * frame(sigma), timestep }
    },
    timestep: ({ alpha, sigma }) => time.of(sigma / alpha),
  }
}

type Time = { of(sigma: number): number; sigma(timestep: number): number }
export const quarterLog: Time = { of: sigma => Math.log(sigma) / 4, sigma: timestep => Math.exp(4 * timestep) }
const angle: Time = {
  of: sigma => (Math.atan(sigma) / Math.PI) * 2,
  sigma: timestep => Math.tan((timestep * Math.PI) / 2),
}

/** `D = c_skip·x/c_in ± c_out·F` (arXiv 2206.00364 table 1). `v_prediction` has the other sign. */
function preconditioned(o: Options): Prediction {
  endsOf(o)
  if (o.prediction_type === 'sample') return 'sample'
  if (o.prediction_type === 'flow_prediction')
    throw new ConfigError('prediction_type: EDM classes do not support flow_prediction')
  const sign = o.prediction_type === 'epsilon' ? 1 : -1
  const { skip, out } = edmCoefficients({ sigmaData: o.sigma_data })
  return ({ alpha, sigma }) => [skip(sigma / alpha) / alpha, sign * out(sigma / alpha)]
}

function endsOf(options: Options): readonly [number, number] {
  const { sigma_data: data } = options
  if (!(data > 0)) throw new ConfigError(`sigma_data: must be above 0, got ${data}`)
  return givenEnds(options)
}

function edmClass(
  name: string,
  time: Time,
  own: Pick<SchedulerClass, 'method'> & Partial<SchedulerClass>,
): SchedulerClass {
  return {
    name,
    table: false,
    only: {},
    process: options => edmProcess(options, time),
    prediction: preconditioned,
    solverOptions: () => ({}),
    schedule(options, chosen) {
      const [sigmaMin, sigmaMax] = endsOf(options)
      // In diffusers, the last evaluation at the lowest sigma has no effect; it is left out here.
      const terminal = options.final_sigmas_type === 'zero' ? 'zero' : 'first'
      if (chosen !== undefined) return scheduleOf(chosen, { sigmaMin, sigmaMax, terminal })
      const ends = { sigmaMin, sigmaMax, terminal } as const
      return options.sigma_schedule === 'karras' ? karras({ ...ends, rho: options.rho }) : exponential(ends)
    },
    // √(sigma_max² + 1) for any deviation of the data.
    initialScale: (options, [first]) => Math.hypot(endsOf(options)[1], 1) * first!.alpha,
    ...own,
    defaults: { sigma_min: 0.002, sigma_max: 80, sigma_data: 0.5, ...own.defaults },
  }
}

const stochastic = { algorithm_type: 'sde-dpmsolver++' }

/** The classes of EDM (arXiv 2206.00364), and Stable Audio's. */
export const edmClasses: readonly SchedulerClass[] = [
  edmClass('EDMEulerScheduler', quarterLog, { method: () => 'euler' }),
  edmClass('EDMDPMSolverMultistepScheduler', quarterLog, {
    threshold: thresholded,
    method: options => dpmName(options, 'm'),
    solverOptions: options => ({ ...dpmForm(options), ...dpmEnds(options) }),
  }),
  edmClass('CosineDPMSolverMultistepScheduler', angle, {
    defaults: {
      sigma_min: 0.3,
      sigma_max: 500,
      sigma_data: 1,
      sigma_schedule: 'exponential',
      prediction_type: 'v_prediction',
    },
    method: options => dpmName({ ...options, ...stochastic }, 'm'),
    solverOptions: options => ({ ...dpmForm(options), ...dpmEnds({ ...options, ...stochastic }) }),
  }),
]
