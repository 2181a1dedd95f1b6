import type { NoiseLevel } from '@fewstep/schedules'
import { GuidanceError } from './guidance-error.ts'
import type { Prediction } from './network.ts'

/** The weights of `x` and of the network's output in the estimate of `x0`; see {@link Prediction}. */
export function estimate(
  prediction: Prediction,
  { alpha, sigma }: NoiseLevel,
): readonly [ofX: number, ofOutput: number] {
  switch (prediction) {
    case 'epsilon':
      if (alpha === 0)
        throw new GuidanceError(
          'epsilon',
          'a level with some signal: use a v or sample model, or another schedule, where alpha is',
          0,
        )
      return [1 / alpha, -sigma / alpha]
    case 'v': {
      const norm = alpha * alpha + sigma * sigma
      return [alpha / norm, -sigma / Math.sqrt(norm)]
    }
    case 'sample':
      return [0, 1]
    case 'flow':
      return [1 / (alpha + sigma), -sigma / (alpha + sigma)]
  }
}

/** The weights of `x` and of the network's output in the noise `(x − alpha·D)/sigma`; see {@link Prediction}. */
export function noiseEstimate(
  prediction: Prediction,
  { alpha, sigma }: NoiseLevel,
): readonly [ofX: number, ofOutput: number] {
  switch (prediction) {
    case 'epsilon':
      return [0, 1]
    case 'v': {
      const norm = alpha * alpha + sigma * sigma
      return [sigma / norm, alpha / Math.sqrt(norm)]
    }
    case 'sample':
      return [1 / sigma, -alpha / sigma]
    case 'flow':
      return [1 / (alpha + sigma), alpha / (alpha + sigma)]
  }
}
