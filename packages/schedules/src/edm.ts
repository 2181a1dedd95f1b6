import { checkNumber } from '@fewstep/errors'
import { ProcessError } from './errors.ts'
import type { Process } from './level.ts'

/**
 * The process of EDM (arXiv:2206.00364, table 1): `alpha = 1`, timestep `ln(sigma)/4`.
 *
 * @throws ProcessError
 */
export function edm(options: { readonly sigmaMin?: number; readonly sigmaMax?: number } = {}): Process {
  const { sigmaMin = 0.002, sigmaMax = 80 } = options
  if (!(sigmaMin > 0 && sigmaMax > sigmaMin && sigmaMax < Number.POSITIVE_INFINITY)) {
    throw new ProcessError('edm', '0 < sigmaMin < sigmaMax', `${sigmaMin} and ${sigmaMax}`)
  }
  return {
    first: Math.log(sigmaMin) / 4,
    last: Math.log(sigmaMax) / 4,
    level(timestep) {
      checkNumber(timestep, {}, expected => new ProcessError('edm: timestep', expected, `${timestep}`))
      return { alpha: 1, sigma: Math.exp(4 * timestep), timestep }
    },
    timestep({ alpha, sigma }) {
      if (!(alpha > 0 && sigma > 0)) throw new ProcessError('edm', 'alpha and sigma above 0', `${alpha} and ${sigma}`)
      return Math.log(sigma / alpha) / 4
    },
  }
}
