import type { Value, ValueOps } from '@fewstep/runtime'
import { type NoiseSource, sample } from '@fewstep/sampler'
import type { NoiseLevel } from '@fewstep/schedules'
import { type Denoise, elementwiseError, type Noise, type StepError, type StepEvent } from '@fewstep/solvers'
import type { Generator, Seed } from '@fewstep/tensor'
import type { SourceImage } from './pixels.ts'
import type { AdaptiveRoute, Route } from './route.ts'
import { type EncodeImage, gaussian } from './start.ts'

/** How to sample the latents of one image. */
export type Drawing = {
  readonly route: Route | AdaptiveRoute
  /** The shape of the latents, [1, c, h, w]. */
  readonly shape: readonly number[]
  readonly denoise: Denoise<Value>
  readonly random: Generator
  /** The noise of a stochastic solver. Where absent, the next numbers of `random`. */
  readonly noise: Noise<Value> | undefined
  /** The scale of the standard normal noise to start from, or an image and the noise level for its latents. */
  readonly start: { readonly scale: number } | { readonly picture: SourceImage; readonly level: NoiseLevel }
  readonly signal: AbortSignal | undefined
  readonly onStep: (event: StepEvent<Value>) => void | Promise<void>
}

/** Samples the latents of one image. The caller disposes them. */
export async function drawLatents(
  { route, shape, denoise, random, noise: source, start, signal, onStep }: Drawing,
  encode: EncodeImage,
  ops: ValueOps,
): Promise<Value> {
  const noise = (): Value => gaussian(shape, random)
  let x: Value
  if ('scale' in start) x = start.scale === 1 ? noise() : await ops.combine([[start.scale, noise()]])
  else {
    const { alpha, sigma } = start.level
    // The encoder takes its random numbers before the noise does, as in diffusers' pipeline.
    const latents = await encode(start.picture, random, signal)
    x = await ops.combine([
      [alpha, latents],
      [sigma, noise()],
    ])
  }
  try {
    const method = 'plan' in route ? { plan: route.plan } : { ...route, error: readError(ops) }
    return await sample({ ...method, x, ops, denoise, noise: source ?? noise, signal, onStep })
  } finally {
    ops.dispose(x)
  }
}

/** A noise source that gets its numbers from seeded generators. */
export function seededNoise(
  source: NoiseSource<Value>,
  generator: (seed: Seed) => Generator,
  { shape, seed, ops }: { readonly shape: readonly number[]; readonly seed: Seed; readonly ops: ValueOps },
): Noise<Value> {
  // 53 bits of the seed, so that generators that take only a `number` work as well.
  return source((_, each) => gaussian(shape, generator(Number(BigInt.asUintN(53, each)))), { seed, ops })
}

/** k-diffusion's error norm, computed on values that are read from the device. */
function readError(ops: ValueOps): StepError<Value> {
  return async (low, high, previous, tolerance) => {
    const values = [low, high, previous]
    const hosts = await Promise.all(values.map(value => ops.read(value)))
    const [a, b, c] = hosts.map(({ data }) => data as Float32Array)
    const error = elementwiseError(a!, b!, c!, tolerance)
    for (const [i, host] of hosts.entries()) if (host !== values[i]) ops.dispose(host)
    return error
  }
}
