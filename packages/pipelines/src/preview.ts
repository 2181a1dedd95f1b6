import type { HostValue, Value, ValueOps } from '@fewstep/runtime'
import type { Decode } from './decoder.ts'
import { type Pixels, toPixels } from './pixels.ts'

/** Latents → an image with one pixel for each latent, similar to the decoded image. */
export type Preview = (latents: Value) => Promise<Pixels>

/** `colour = bias + Σ weights[channel]·latent[channel]`, red, green and blue from −1 to 1. */
type ColourMap = { readonly bias: readonly number[]; readonly weights: readonly (readonly number[])[] }

/** Latents of one patch, along each axis: enough for the decoder to produce a uniform colour. */
const patch = 8

/**
 * A least-squares map from latents to colours. At first use it is fitted to the decoder's output for a test card: one patch of
 * zeros, and two patches for each channel, of 1 and of −1. The patches are orthogonal, so the fit is a mean, and half a difference
 * for each channel. Every later preview is one small sum and runs no graph.
 */
export function latentPreview(channels: number, decode: Decode, ops: ValueOps): Preview {
  let fitted: Promise<ColourMap> | undefined
  return async latents => {
    fitted ??= decode(card(channels)).then(decoded => fit(decoded, channels))
    const map = await fitted
    return toPixels(colours(await ops.read(latents), map))
  }
}

/** Patch 0 is zero; patches 2c + 1 and 2c + 2 are 1 and −1 in channel c. */
function card(channels: number): HostValue {
  const across = Math.ceil(Math.sqrt(2 * channels + 1))
  const side = across * patch
  const data = new Float32Array(channels * side * side)
  for (let channel = 0; channel < channels; channel++) {
    for (const [number, value] of [
      [2 * channel + 1, 1],
      [2 * channel + 2, -1],
    ] as const) {
      const [row, column] = [Math.floor(number / across) * patch, (number % across) * patch]
      for (let y = row; y < row + patch; y++) {
        const at = (channel * side + y) * side + column
        data.fill(value, at, at + patch)
      }
    }
  }
  return { type: 'float32', shape: [1, channels, side, side], data }
}

function fit({ data, shape }: HostValue, channels: number): ColourMap {
  const across = Math.ceil(Math.sqrt(2 * channels + 1))
  const side = shape[3]!
  const pixels = side / across
  const mean = (number: number): readonly number[] =>
    [0, 1, 2].map(colour => {
      let sum = 0
      for (let y = 0; y < pixels; y++) {
        for (let x = 0; x < pixels; x++) {
          const [row, column] = [Math.floor(number / across) * pixels + y, (number % across) * pixels + x]
          sum += Math.min(Math.max(Number(data[(colour * side + row) * side + column]), -1), 1)
        }
      }
      return sum / pixels ** 2
    })
  const means = Array.from({ length: 2 * channels + 1 }, (_, number) => mean(number))
  const of = (colour: number): number => means.reduce((sum, patch) => sum + patch[colour]!, 0) / means.length
  return {
    bias: [of(0), of(1), of(2)],
    weights: Array.from({ length: channels }, (_, c) =>
      [0, 1, 2].map(colour => (means[2 * c + 1]![colour]! - means[2 * c + 2]![colour]!) / 2),
    ),
  }
}

function colours({ data, shape }: HostValue, { bias, weights }: ColourMap): HostValue {
  const [, , height = 0, width = 0] = shape
  const plane = height * width
  const out = new Float32Array(3 * plane)
  for (let colour = 0; colour < 3; colour++) {
    for (let i = 0; i < plane; i++) {
      out[colour * plane + i] = weights.reduce(
        (sum, weight, channel) => sum + weight[colour]! * Number(data[channel * plane + i]),
        bias[colour]!,
      )
    }
  }
  return { type: 'float32', shape: [1, 3, height, width], data: out }
}
