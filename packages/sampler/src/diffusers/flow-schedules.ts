import {
  beta,
  exponential,
  flowShift,
  flowUniform,
  givenTimesteps,
  karras,
  type NoiseLevel,
  type Process,
  type Schedule,
  sgmUniform,
} from '@fewstep/schedules'
import { ConfigError, type Options } from './config.ts'
import { rhoEnds, tableProcess } from './process.ts'

/** `1 − i/n` of the second noisiest timestep, shifted: DPM-Solver, DEIS and SA-Solver on flow models. */
export function flowBelow(o: Options): Schedule {
  const shifted = flowShift(flowUniform(), { shift: o.flow_shift })
  return {
    name: 'flow',
    levels(steps, process) {
      return shifted.levels(steps, { ...process, last: process.last - 1 }).map(whole(process))
    },
  }
}

/** {@link flowBelow} for classes with `final_sigmas_type`. Its `sigma_min` is that of the table of betas, not of the flow. */
export function flowBelowTo(o: Options): Schedule {
  const schedule = flowBelow(o)
  if (o.final_sigmas_type === 'zero') return schedule
  const [sigma] = tableEnds(o)
  return {
    name: schedule.name,
    levels(steps, process) {
      const noisy = schedule.levels(steps, process).slice(0, -1)
      if (!(noisy.at(-1)!.sigma > sigma))
        throw new ConfigError(
          `final_sigmas_type: sigma_min is ${sigma.toFixed(4)}, above the last of ${steps} levels; use fewer steps, or set final_sigmas_type to zero`,
        )
      return [...noisy, process.level(process.last * Math.fround(sigma))]
    },
  }
}

/** `sigma/alpha` at the cleanest and noisiest level of the table that `use_flow_sigmas` replaces. */
function tableEnds(o: Options): readonly [number, number] {
  return rhoEnds(tableProcess({ ...o, use_flow_sigmas: false }))
}

/** Even steps to the cleanest timestep, which is left out, then shifted: UniPC, which starts at 1 − 10⁻⁶ instead of 1. */
export function flowSgm(o: Options): Schedule {
  const terminal = o.shift_terminal === null ? {} : { shiftTerminal: o.shift_terminal }
  const shifted = flowShift(sgmUniform(), { shift: o.flow_shift, ...terminal })
  return {
    name: 'flow',
    levels(steps, process) {
      const [first, ...rest] = shifted.levels(steps, process)
      const begin = first!.sigma > 1 - 1e-6 ? process.level(process.last * (1 - 1e-6)) : first!
      return ended(o, [begin, ...rest]).map(whole(process))
    },
  }
}

/** Karras levels in sigma/alpha, by default between the ends of the table: UniPC. */
export function flowKarras(o: Options): Schedule {
  return {
    name: 'karras',
    levels(steps, process) {
      const [low, high] = tableEnds(o)
      const [sigmaMin, sigmaMax] = [o.sigma_min ?? low, o.sigma_max ?? high]
      return ended(o, karras({ sigmaMin, sigmaMax }).levels(steps, process)).map(whole(process))
    },
  }
}

/** Where the schedule ends with noise, UniPC's last evaluation changes nothing; it is left out here. */
function ended(o: Options, levels: readonly NoiseLevel[]): readonly NoiseLevel[] {
  return o.final_sigmas_type === 'sigma_min' && levels.length > 2 ? levels.slice(0, -1) : levels
}

/** Levels with timesteps rounded down, and sigmas in float32, which matters for `1 − sigma` near 1. */
function whole(process: Process): (level: NoiseLevel) => NoiseLevel {
  return level => {
    if (level.sigma === 0) return level
    const sigma = Math.fround(level.sigma)
    return { alpha: 1 - sigma, sigma, timestep: Math.floor(process.timestep(level) + 1e-9) }
  }
}

/**
 * Even steps from 1 to the cleanest sigma, both included, then shifted. The cleanest sigma is already shifted before, as in the
 * published version (huggingface/diffusers#13243). Karras, exponential and Beta sigmas are curves in flow matching's sigma.
 */
export function flowMatch(o: Options): Schedule {
  const terminal = o.shift_terminal === null ? {} : { shiftTerminal: o.shift_terminal }
  const even: Schedule = {
    name: 'flow-match',
    levels(steps, process) {
      const low = 1 / o.num_train_timesteps
      const cleanest = (o.shift * low) / (1 + (o.shift - 1) * low)
      const parts = Array.from({ length: steps }, (_, i) => (steps === 1 ? 0 : i / (steps - 1)))
      const timesteps = parts.map(part => process.last * (1 + part * (cleanest - 1)))
      return givenTimesteps(timesteps).levels(steps, process)
    },
  }
  const shifted = flowShift(even, { shift: o.shift, ...terminal })
  if (o.use_karras_sigmas === true) return inSigma(within => karras({ within }), shifted)
  if (o.use_exponential_sigmas === true) return inSigma(within => exponential({ within }), shifted)
  return o.use_beta_sigmas === true ? inSigma(within => beta({ within }), shifted) : shifted
}

/** Applies a curve to flow matching's sigma instead of `sigma/alpha`. */
function inSigma(curve: (within: Schedule) => Schedule, ends: Schedule): Schedule {
  return {
    name: 'flow-match',
    levels(steps, process) {
      const flat: Process = {
        first: process.first,
        last: process.last,
        level: timestep => ({ alpha: 1, sigma: timestep / process.last, timestep }),
        timestep: ({ alpha, sigma }) => (sigma / alpha) * process.last,
      }
      const within: Schedule = {
        name: ends.name,
        levels: () => ends.levels(steps, process).map(({ sigma }) => ({ alpha: 1, sigma })),
      }
      return curve(within)
        .levels(steps, flat)
        .map(level => (level.sigma === 0 ? level : process.level(level.sigma * process.last)))
    },
  }
}
