import type { NoiseLevel } from '@fewstep/schedules'
import { GuidanceError } from './guidance-error.ts'
import type { Prediction } from './network.ts'

/** The weights of `x` and of the model's output in the estimate of `x0`; see {@link Prediction}. @throws GuidanceError for `epsilon` without signal */
export function estimate(prediction: Prediction, level: NoiseLevel): readonly [ofX: number, ofOutput: number] {
  if (typeof prediction === 'function') return prediction(level)
  const { alpha, sigma } = level
  switch (prediction) {
    case 'epsilon':
      if (alpha === 0)
        throw new GuidanceError(
          'prediction',
          'v, sample or flow at a level without signal (alpha 0), where epsilon does not determine x0; zero terminal SNR (rescale_betas_zero_snr) is for models that predict v: set prediction_type to what the model predicts, leave rescale_betas_zero_snr out, or use the schedule "leading", which begins below that level',
          'epsilon',
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

/** The weights of `x` and of the model's output in the noise `(x − alpha·D)/sigma`; see {@link Prediction}. */
export function noiseEstimate(prediction: Prediction, level: NoiseLevel): readonly [ofX: number, ofOutput: number] {
  const { alpha, sigma } = level
  if (typeof prediction === 'function') {
    const [ofX, ofOutput] = prediction(level)
    return [(1 - alpha * ofX) / sigma, (-alpha * ofOutput) / sigma]
  }
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
