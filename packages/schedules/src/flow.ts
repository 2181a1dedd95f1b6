import { checkNumber } from '@fewstep/errors'
import { ProcessError } from './errors.ts'
import type { Process } from './level.ts'

/**
 * Flow matching, also called rectified flow: `alpha = 1 − sigma`, timestep `sigma·trainSteps` (arXiv:2209.03003,
 * arXiv:2403.03206). The shift of such models belongs to the schedule: the model gets the shifted sigma.
 *
 * @throws ProcessError
 */
export function flow(options: { readonly trainSteps?: number } = {}): Process {
  const { trainSteps = 1000 } = options
  checkNumber(trainSteps, { above: 0 }, expected => new ProcessError('flow: trainSteps', expected, `${trainSteps}`))
  return {
    first: 1,
    last: trainSteps,
    level(timestep) {
      if (!(timestep >= 0 && timestep <= trainSteps)) {
        throw new ProcessError('flow', `a timestep from 0 to ${trainSteps}`, `${timestep}`)
      }
      const sigma = timestep / trainSteps
      return { alpha: 1 - sigma, sigma, timestep }
    },
    timestep({ alpha, sigma }) {
      if (!(alpha >= 0 && sigma >= 0 && alpha + sigma > 0)) {
        throw new ProcessError('flow', 'alpha and sigma of at least 0', `${alpha} and ${sigma}`)
      }
      return (sigma / (alpha + sigma)) * trainSteps
    },
  }
}
