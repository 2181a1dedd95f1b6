import { type NoiseLevel, type Process, type Schedule, squaredCosine } from '@fewstep/schedules'
import { edmCoefficients } from '../../precondition.ts'
import { clip } from '../../threshold.ts'
import { scheduleOf } from '../choice.ts'
import { ConfigError, type Options } from '../config.ts'
import { edmProcess } from './edm-classes.ts'
import type { SchedulerClass } from './scheduler-class.ts'

function consistencyClass(
  name: string,
  own: Pick<SchedulerClass, 'defaults' | 'process' | 'prediction' | 'solverOptions'> &
    Partial<SchedulerClass> & {
      /** The class's levels. @throws ConfigError for an unsupported number of steps */
      levels(options: Options, steps: number, process: Process): readonly NoiseLevel[]
    },
): SchedulerClass {
  return {
    name,
    table: false,
    only: {},
    method: () => 'consistency',
    schedule: (options, chosen): Schedule =>
      chosen === undefined
        ? {
            name: 'consistency',
            levels: (steps, process) => [...own.levels(options, steps, process), { alpha: 1, sigma: 0 }],
          }
        : scheduleOf(chosen),
    initialScale: (_, [first]) => first!.sigma,
    ...own,
  }
}

const log250 = { of: (sigma: number) => 250 * Math.log(sigma), sigma: (timestep: number) => Math.exp(timestep / 250) }

/** Consistency models (arXiv 2303.01469, 2410.11081), which predict the end from any level. */
export const consistencyClasses: readonly SchedulerClass[] = [
  consistencyClass('CMStochasticIterativeScheduler', {
    defaults: { num_train_timesteps: 40, sigma_min: 0.002, sigma_max: 80, clip_denoised: true },
    threshold: options => (options.clip_denoised === true ? clip() : undefined),
    process: options => edmProcess(options, log250),
    prediction({ sigma_min: min, sigma_data: data }) {
      const from = min!
      return ({ alpha, sigma }) => {
        const rho = sigma / alpha
        const skip = data ** 2 / ((rho - from) ** 2 + data ** 2)
        return [skip / alpha, ((rho - from) * data) / Math.hypot(rho, data)]
      }
    },
    solverOptions: ({ sigma_min: sigmaMin, s_noise: sNoise }) => ({ sigmaMin: sigmaMin!, sNoise }),
    /** Every `⌊T/steps⌋`-th of T Karras sigmas. */
    levels({ num_train_timesteps: count, sigma_min: min, sigma_max: max, rho }, steps, process) {
      const stride = Math.floor(count / steps)
      if (stride < 1)
        throw new ConfigError(`num_train_timesteps: there are ${count} levels for ${steps} steps; take fewer steps`)
      const [a, b] = [max! ** (1 / rho), min! ** (1 / rho)]
      return Array.from({ length: steps }, (_, i) => {
        const sigma = (a + ((i * stride) / (count - 1)) * (b - a)) ** rho
        return process.level(process.timestep({ alpha: 1, sigma }))
      })
    },
  }),
  // The decoder of DALL·E 3: two evaluations, with c_in·x/alpha of a squared cosine process as input.
  consistencyClass('ConsistencyDecoderScheduler', {
    defaults: { num_train_timesteps: 1024 },
    process: decoderProcess,
    prediction({ sigma_data: sigmaData }) {
      const { skip, out } = edmCoefficients({ sigmaData })
      return ({ alpha, sigma }) => [skip(sigma / alpha) / alpha, out(sigma / alpha)]
    },
    solverOptions: () => ({ sigmaMin: 0 }),
    levels(_, steps, process) {
      if (steps === 2) return [1008, 512].map(timestep => process.level(timestep))
      throw new ConfigError(`_class_name: ConsistencyDecoderScheduler takes 2 steps, got ${steps}`)
    },
  }),
  // TrigFlow: x = cos(t)·x0 + sin(t)·sigma_data·ε, and F = dx/dt.
  consistencyClass('SCMScheduler', {
    defaults: { prediction_type: 'trigflow' },
    only: { prediction_type: ['trigflow'] },
    process: trigFlow,
    prediction:
      ({ sigma_data: data }) =>
      ({ alpha, sigma }) => [alpha, -sigma / data],
    solverOptions: () => ({ sigmaMin: 0 }),
    /** Even steps from 1.5708; with two steps, 1.3 is in between. */
    levels: (_, steps, process) =>
      Array.from({ length: steps }, (_, i) => process.level(steps === 2 && i === 1 ? 1.3 : 1.5708 * (1 - i / steps))),
  }),
]

function decoderProcess({ num_train_timesteps: trainSteps, sigma_data: sigmaData }: Options): Process {
  if (trainSteps <= 1008)
    throw new ConfigError(
      `num_train_timesteps: ConsistencyDecoderScheduler evaluates at timestep 1008, got ${trainSteps}`,
    )
  const table = squaredCosine({ trainSteps })
  const { in: frame } = edmCoefficients({ sigmaData })
  return {
    ...table,
    level(timestep) {
      const { alpha, sigma } = table.level(timestep)
      return { alpha: frame(sigma / alpha), sigma: (sigma / alpha) * frame(sigma / alpha), timestep }
    },
  }
}

function trigFlow({ sigma_data: data }: Options): Process {
  return {
    first: 0,
    last: 1.5708,
    level: timestep => ({ alpha: Math.max(0, Math.cos(timestep)), sigma: Math.sin(timestep) * data, timestep }),
    timestep: ({ alpha, sigma }) => Math.atan2(sigma / data, alpha),
  }
}
