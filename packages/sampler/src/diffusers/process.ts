import {
  type DiscreteProcess,
  discrete,
  flow,
  fromBetas,
  linear,
  type Process,
  type Schedule,
  scaledLinear,
  squaredCosine,
} from '@fewstep/schedules'
import { otherBetas } from './betas.ts'
import { ConfigError, type Options } from './config.ts'

const trace = 2 ** -24

/**
 * The process of a table of betas. With `trace`, a little signal is left at zero terminal SNR, `ᾱ = 2⁻²⁴`, as in some classes.
 */
export function tableProcess(o: Options, zeroSnr: 'exact' | 'trace' = 'exact'): Process {
  if (o.use_flow_sigmas === true) return flow({ trainSteps: o.num_train_timesteps })
  const zeroTerminalSnr = o.rescale_betas_zero_snr === true
  const options = { trainSteps: o.num_train_timesteps, zeroTerminalSnr }
  const betas = { ...options, betaStart: o.beta_start, betaEnd: o.beta_end }
  const process =
    o.trained_betas !== null
      ? fromBetas(o.trained_betas, options)
      : o.beta_schedule === 'linear'
        ? linear(betas)
        : o.beta_schedule === 'scaled_linear'
          ? scaledLinear(betas)
          : o.beta_schedule === 'squaredcos_cap_v2'
            ? squaredCosine(options)
            : fromBetas(otherBetas[o.beta_schedule](o), options)
  if (!(zeroTerminalSnr && zeroSnr === 'trace')) return process
  // Some tables fall below `trace` before their end: those levels stay just above it.
  const last = process.alphasCumprod.length - 1
  return discrete(process.alphasCumprod.map((bar, t) => Math.max(t < last ? bar : 0, trace * (1 + (last - t) * 1e-9))))
}

/** `sigma/alpha` at a process's cleanest and noisiest timestep. */
export function rhoEnds({ first, last, level }: Process): readonly [number, number] {
  const rho = (timestep: number): number => {
    const { alpha, sigma } = level(timestep)
    return sigma / alpha
  }
  return [rho(first), rho(last)]
}

/** `sigma_min` and `sigma_max`. @throws ConfigError unless both are given, above 0, and in rising order */
export function givenEnds({ sigma_min: min, sigma_max: max }: Options): readonly [number, number] {
  if (min !== null && max !== null && min > 0 && max > min) return [min, max]
  throw new ConfigError(`sigma_min and sigma_max: must be above 0 and rise, got ${min} and ${max}`)
}

/** Limits a spacing to the timesteps with λ of at least `lambda_min_clipped`. */
export function fromTimestep(schedule: Schedule, { lambda_min_clipped: clipped }: Options): Schedule {
  if (typeof clipped !== 'number' || clipped === Number.NEGATIVE_INFINITY) return schedule
  return {
    name: schedule.name,
    levels(steps, process) {
      const last = Math.floor(process.timestep({ alpha: Math.exp(clipped), sigma: 1 }))
      return schedule.levels(steps, { ...process, last })
    },
  }
}

/** CogVideoX: `ᾱ/(k + (1 − k)·ᾱ)`, the shift `k` of flow models on a table; at zero terminal SNR `√ᾱ` is then stretched. */
export function cogVideoProcess(o: Options): Process {
  const table = tableProcess({ ...o, rescale_betas_zero_snr: false })
  if (!('alphasCumprod' in table)) return table
  const { snr_shift_scale: k } = o
  const shifted = (table as DiscreteProcess).alphasCumprod.map(bar => bar / (k + (1 - k) * bar))
  if (o.rescale_betas_zero_snr !== true) return discrete(shifted)
  const [first, last] = [Math.sqrt(shifted[0]!), Math.sqrt(shifted.at(-1)!)]
  return discrete(shifted.map(bar => ((Math.sqrt(bar) - last) * (first / (first - last))) ** 2))
}
