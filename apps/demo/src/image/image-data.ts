import type { Pixels } from '@fewstep/pipelines'

/** RGB → RGBA, as a canvas takes it. */
export function toRgba({ width, height, data }: Pixels): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(4 * width * height).fill(255)
  for (let i = 0; i < width * height; i++) out.set(data.subarray(3 * i, 3 * i + 3), 4 * i)
  return out
}

export function toImageData(picture: Pixels): ImageData {
  return new ImageData(toRgba(picture), picture.width, picture.height)
}
