import type { Pixels } from '@fewstep/pipelines'
import { encode } from 'fast-png'

/** Images of one size in rows of `columns`, each pixel `scale` wide, white where no image is left: a PNG. */
export function gridOf(images: readonly Pixels[], columns: number, scale: number): Uint8Array {
  const [first] = images
  if (first === undefined) throw new Error('a grid needs at least one image')
  const { width: w, height: h } = first
  const width = columns * w * scale
  const height = Math.ceil(images.length / columns) * h * scale
  const data = new Uint8Array(width * height * 3).fill(255)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = [Math.floor(x / scale), Math.floor(y / scale)]
      const image = images[Math.floor(v / h) * columns + Math.floor(u / w)]
      const from = ((v % h) * w + (u % w)) * 3
      if (image !== undefined) data.set(image.data.subarray(from, from + 3), (y * width + x) * 3)
    }
  }
  return encode({ width, height, channels: 3, depth: 8, data })
}
