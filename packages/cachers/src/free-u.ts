import type { Reweighting } from './cacher.ts'
import { CacherError, checkNumber } from './errors.ts'

export type FreeUOptions = {
  /** Factor of half of the backbone's channels in the first stage, and in the second. */
  readonly b1?: number
  readonly b2?: number
  /** Factor of the skips' lowest frequencies in the first stage, and in the second. */
  readonly s1?: number
  readonly s2?: number
  /** 2 scales the backbone by its own mean map instead of evenly. */
  readonly version?: 1 | 2
  /** What counts as a stage: the first two up blocks, as diffusers has it; 1280 and 640 channels, as the authors have it; or four and two times the model's channels, as ComfyUI has it. */
  readonly stage?: Reweighting['stage']
  /** The share of the steps at which it begins and ends. */
  readonly from?: number
  readonly to?: number
}

/**
 * FreeU (arXiv 2309.11497): the U-Net's backbone is strengthened and its skips lose low frequencies, at no cost and no gain
 * in time. The defaults are the authors' for Stable Diffusion 1.5.
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
