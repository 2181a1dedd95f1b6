import { type NoiseLevel, type Process, roundHalfEven, type Schedule } from '@fewstep/schedules'

/** `sigma/alpha` of a run, noisy first. */
export type Sigmas = (steps: number, process: Process) => readonly number[]

const ratio = ({ alpha, sigma }: NoiseLevel): number => sigma / alpha

/** At timesteps that may lie between two of the table: there `ln sigma` is linear. */
function at(process: Process, timesteps: readonly number[]): readonly number[] {
  return timesteps.map(timestep => ratio(process.level(timestep)))
}

/** `count` numbers evenly from the noisiest timestep to the cleanest; one alone is the noisiest. */
function evenly(count: number, { first, last }: Process): readonly number[] {
  return Array.from({ length: count }, (_, i) => (i === 0 ? last : last + (i / (count - 1)) * (first - last)))
}

/** How many timesteps there are. */
function total({ first, last }: Process): number {
  return last - first + 1
}

/** `normal`, `Uniform`, k-diffusion's `get_sigmas`: from the noisiest timestep to the cleanest, then no noise. */
export const uniform: Sigmas = (steps, process) => [...at(process, evenly(steps, process)), 0]

/** `sgm_uniform`: the same in one part more, the cleanest left out. */
export const sgmUniform: Sigmas = (steps, process) => [...at(process, evenly(steps + 1, process).slice(0, -1)), 0]

/** `simple`: every `T/steps`-th of the table from its noisiest, rounded towards noise. */
export const simple: Sigmas = (steps, process) => {
  const timesteps = Array.from({ length: steps }, (_, i) => process.last - Math.floor(i * (total(process) / steps)))
  return [...at(process, timesteps), 0]
}

/** `ddim_uniform`, `DDIM`: every `⌊T/steps⌋`-th from timestep 1; where that does not divide, there are more levels. */
export const ddim: Sigmas = (steps, process) => {
  const stride = Math.max(Math.floor(total(process) / steps), 1)
  const count = Math.ceil((total(process) - 1) / stride)
  const timesteps = Array.from({ length: count }, (_, i) => process.first + 1 + (count - 1 - i) * stride)
  return [...at(process, timesteps), 0]
}

/** `Turbo`: timesteps `T·i/steps − 1`, rounded. */
export const turbo: Sigmas = (steps, process) => {
  const all = total(process)
  const timesteps = Array.from({ length: steps }, (_, i) => roundHalfEven(((steps - i) * all) / steps - 1))
  return [...at(process, timesteps), 0]
}

/** Of a schedule of `@fewstep/schedules`. */
export function of(schedule: Schedule): Sigmas {
  return (steps, process) => schedule.levels(steps, process).map(ratio)
}

/** A table, interpolated linearly in `ln sigma` to as many values as there are steps, then no noise. */
export function interpolated(table: readonly number[]): Sigmas {
  return steps => {
    const values = Array.from({ length: steps }, (_, i) => {
      // One value alone is the table's cleanest, as the programs have it.
      const place = (steps === 1 ? 1 : i / (steps - 1)) * (table.length - 1)
      const low = Math.min(Math.floor(place), table.length - 2)
      return table[low]! * (table[low + 1]! / table[low]!) ** (place - low)
    })
    return [...values, 0]
  }
}

/**
 * Karras's, computed in single precision: its seventh power makes more of a rounding error than 1e-6. One step alone begins
 * at the noisiest level.
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

/** `tan` of angles between those of the two ends, in single precision; `count` values. */
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
