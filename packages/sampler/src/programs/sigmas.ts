import { type NoiseLevel, type Process, roundHalfEven, type Schedule } from '@fewstep/schedules'

/** `sigma/alpha` of a run, from noisy to clean. */
export type Sigmas = (steps: number, process: Process) => readonly number[]

const ratio = ({ alpha, sigma }: NoiseLevel): number => sigma / alpha

/** `sigma/alpha` at timesteps, with `ln sigma` linear between those of the table. */
function at(process: Process, timesteps: readonly number[]): readonly number[] {
  return timesteps.map(timestep => ratio(process.level(timestep)))
}

/** `count` even timesteps from the noisiest to the cleanest; a single one is the noisiest. */
function evenly(count: number, { first, last }: Process): readonly number[] {
  return Array.from({ length: count }, (_, i) => (i === 0 ? last : last + (i / (count - 1)) * (first - last)))
}

/** The number of timesteps. */
function total({ first, last }: Process): number {
  return last - first + 1
}

/** `normal`, `Uniform`, k-diffusion's `get_sigmas`: from the noisiest timestep to the cleanest, then no noise. */
export const uniform: Sigmas = (steps, process) => [...at(process, evenly(steps, process)), 0]

/** `sgm_uniform`: the same with one more part, without the cleanest timestep. */
export const sgmUniform: Sigmas = (steps, process) => [...at(process, evenly(steps + 1, process).slice(0, -1)), 0]

/** `simple`: every `T/steps`-th timestep from the noisiest on, rounded towards noise. */
export const simple: Sigmas = (steps, process) => {
  const timesteps = Array.from({ length: steps }, (_, i) => process.last - Math.floor(i * (total(process) / steps)))
  return [...at(process, timesteps), 0]
}

/** `ddim_uniform`, `DDIM`: every `⌊T/steps⌋`-th timestep from 1 on; more levels where `steps` does not divide T. */
export const ddim: Sigmas = (steps, process) => {
  const stride = Math.max(Math.floor(total(process) / steps), 1)
  const count = Math.ceil((total(process) - 1) / stride)
  const timesteps = Array.from({ length: count }, (_, i) => process.first + 1 + (count - 1 - i) * stride)
  return [...at(process, timesteps), 0]
}

/** `Turbo`: timesteps `T·i/steps − 1`, rounded. */
export const turbo: Sigmas = (steps, process) => {
  const count = total(process)
  const timesteps = Array.from({ length: steps }, (_, i) => roundHalfEven(((steps - i) * count) / steps - 1))
  return [...at(process, timesteps), 0]
}

/** The levels of a schedule of `@fewstep/schedules`. */
export function of(schedule: Schedule): Sigmas {
  return (steps, process) => schedule.levels(steps, process).map(ratio)
}

/** A table, interpolated linearly in `ln sigma` to as many values as there are steps, then no noise. */
export function interpolated(table: readonly number[]): Sigmas {
  return steps => {
    const values = Array.from({ length: steps }, (_, i) => {
      // A single value is the table's cleanest, as in the programs.
      const place = (steps === 1 ? 1 : i / (steps - 1)) * (table.length - 1)
      const low = Math.min(Math.floor(place), table.length - 2)
      return table[low]! * (table[low + 1]! / table[low]!) ** (place - low)
    })
    return [...values, 0]
  }
}

/**
 * Karras levels in single precision, since the seventh power amplifies rounding errors beyond 1e-6. A single step starts at the
 * noisiest level.
 */
export function karras(rho = 7): Sigmas {
  return (steps, process) => {
    const [most, least] = at(process, [process.last, process.first]).map(sigma => Math.fround(sigma) ** (1 / rho)) as [
      number,
      number,
    ]
    const noisy = Array.from({ length: steps }, (_, i) => {
      const change = Math.fround(part(i, steps) * Math.fround(least - most))
      return Math.fround(Math.fround(Math.fround(most) + change) ** rho)
    })
    return [...noisy, 0]
  }
}

/** `count` values: the `tan` of even angles between the `atan` of both ends, in single precision. */
export function betweenAngles(count: number, process: Process): readonly number[] {
  const [most, least] = at(process, [process.last, process.first]).map(sigma => Math.atan(Math.fround(sigma))) as [
    number,
    number,
  ]
  return Array.from({ length: count }, (_, i) => {
    const share = Math.fround(i / Math.max(count - 1, 1))
    const [low, high] = [
      Math.fround(share * Math.fround(least)),
      Math.fround(Math.fround(1 - share) * Math.fround(most)),
    ]
    return Math.fround(Math.tan(Math.fround(low + high)))
  })
}

/** `torch.linspace(0, 1, count)[i]`: from both ends to the middle. */
function part(i: number, count: number): number {
  const step = Math.fround(1 / Math.max(count - 1, 1))
  return Math.fround(i < Math.floor(count / 2) || count === 1 ? i * step : 1 - step * (count - 1 - i))
}
