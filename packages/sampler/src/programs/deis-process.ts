import { edm, type Process } from '@fewstep/schedules'

const [low, high] = [Math.log1p(0.002 ** 2), Math.log1p(80 ** 2)]
const slope = (2 * (low / 1e-3 - high)) / (1e-3 - 1)
const least = high - slope / 2

/** EDM's variance preserving time, from `sigma/alpha` 0.002 at 0.001 to 80 at 1: what DEIS interpolates in outside of diffusers. */
export const deisProcess: Process = {
  ...edm(),
  timestep: ({ alpha, sigma }) =>
    (Math.sqrt(least ** 2 + 2 * slope * Math.log1p((sigma / alpha) ** 2)) - least) / slope,
}
