import type { Reweighting } from './cacher.ts'
import { CacherError, checkNumber } from './errors.ts'

export type FreeUOptions = {
  /** Factors of half of the backbone's channels in the first and in the second stage. */
  readonly b1?: number
  readonly b2?: number
  /** Factors of the skips' lowest frequencies in the first and in the second stage. */
  readonly s1?: number
  readonly s2?: number
  /** Version 1 scales the backbone evenly, version 2 by the mean of its channels at each position. */
  readonly version?: 1 | 2
  /**
   * What counts as the two stages. `block`: the first two up blocks, as in diffusers. `channels`: 1280 and 640 channels, as in
   * the authors' code. `multiples`: four and two times the model's channels, as in ComfyUI.
   */
  readonly stage?: Reweighting['stage']
  /** The shares of the steps at which it begins and ends. */
  readonly from?: number
  readonly to?: number
}

/**
 * FreeU (arXiv 2309.11497): strengthens the U-Net's backbone and damps the low frequencies of its skips. It changes the images,
 * not the time that they take. The defaults are the authors' for Stable Diffusion 1.5.
 *
 * @throws CacherError
 */
export function freeU(options: FreeUOptions = {}): Reweighting {
  const { b1 = 1.5, b2 = 1.6, s1 = 0.9, s2 = 0.2, version = 1, stage = 'block', from = 0, to = 1 } = options
  for (const [name, value] of Object.entries({ b1, b2, s1, s2 })) checkNumber(`freeu: ${name}`, value, 0, 10)
  checkNumber('freeu: from', from, 0, 1)
  checkNumber('freeu: to', to, from, 1)
  if (version !== 1 && version !== 2) throw new CacherError('freeu: version', '1 or 2', version)
  if (!['block', 'channels', 'multiples'].includes(stage))
    throw new CacherError('freeu: stage', 'block, channels or multiples', stage)
  return {
    kind: 'reweighting',
    name: 'freeu',
    version,
    stage,
    factors: ({ step, steps }) =>
      step >= from * steps && step < to * steps ? { b1, b2, s1, s2 } : { b1: 1, b2: 1, s1: 1, s2: 1 },
  }
}
