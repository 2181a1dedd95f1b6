import type { Value, ValueOps } from '@fewstep/runtime'
import { sample } from '@fewstep/sampler'
import type { NoiseLevel } from '@fewstep/schedules'
import type { Denoise, Plan, StepEvent } from '@fewstep/solvers'
import type { Generator } from '@fewstep/tensor'
import type { SourcePicture } from './picture.ts'
import { type EncodePicture, gaussian } from './start.ts'

export type Drawing = {
  readonly plan: Plan
  /** Of the latents, [1, c, h, w]. */
  readonly shape: readonly number[]
  readonly denoise: Denoise<Value>
  readonly random: Generator
  /** The factor of standard normal noise to start from, or a picture and the level that its latents are noised to. */
  readonly start: { readonly scale: number } | { readonly picture: SourcePicture; readonly level: NoiseLevel }
  readonly signal: AbortSignal | undefined
  readonly onStep: (event: StepEvent<Value>) => void | Promise<void>
}

/** The latents of one picture, sampled; the caller's to dispose. */
export async function drawLatents(
  { plan, shape, denoise, random, start, signal, onStep }: Drawing,
  encode: EncodePicture,
  ops: ValueOps,
): Promise<Value> {
  const noise = (): Value => gaussian(shape, random)
  let x: Value
  if ('scale' in start) x = start.scale === 1 ? noise() : await ops.combine([[start.scale, noise()]])
  else {
    const { alpha, sigma } = start.level
    // The encoder draws first, then the noise, as diffusers' pipeline does.
    const latents = await encode(start.picture, random, signal)
    x = await ops.combine([
      [alpha, latents],
      [sigma, noise()],
    ])
  }
  try {
    return await sample({ plan, x, ops, denoise, noise, signal, onStep })
  } finally {
    ops.dispose(x)
  }
}
