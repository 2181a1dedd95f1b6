import type { HostValue } from '@fewstep/runtime'
import { RequestError } from './errors.ts'

/** Rows of RGB from the top, 8 bits each. */
export type Pixels = { readonly width: number; readonly height: number; readonly data: Uint8ClampedArray<ArrayBuffer> }

/** Rows of RGB from the top: whole numbers from 0 to 255, or floats from 0 to 1. */
export type SourceImage = {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array | Uint8ClampedArray | Float32Array
}

/** [1, 3, h, w] from −1 to 1 → an image. @throws RequestError for NaN */
export function toPixels({ data, shape }: HostValue): Pixels {
  const [height, width] = [shape[2]!, shape[3]!]
  const plane = width * height
  const out = new Uint8ClampedArray(3 * plane)
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < plane; i++) {
      const value = Number(data[c * plane + i]!)
      if (Number.isNaN(value))
        throw new RequestError(
          'the generated image',
          'made of numbers; try another solver, schedule or guidance',
          value,
        )
      out[3 * i + c] = (value / 2 + 0.5) * 255
    }
  }
  return { width, height, data: out }
}

/** An image → [1, 3, h, w] from −1 to 1. @throws RequestError for another number of elements, and for floats out of range */
export function fromImage({ width, height, data }: SourceImage): HostValue {
  const plane = width * height
  if (data.length !== 3 * plane)
    throw new RequestError('image.data', `${3 * plane} numbers, RGB for ${width}×${height} pixels`, data.length)
  const unit = data instanceof Float32Array ? 1 : 255
  const out = new Float32Array(3 * plane)
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < plane; i++) {
      // Rounded to float32 here, as in diffusers, so that bytes and the floats computed from them give the same image.
      const value = Math.fround(data[3 * i + c]! / unit)
      if (!(value >= 0 && value <= 1)) throw new RequestError('image.data', 'floats from 0 to 1, or bytes', value)
      out[c * plane + i] = 2 * value - 1
    }
  }
  return { type: 'float32', shape: [1, 3, height, width], data: out }
}
