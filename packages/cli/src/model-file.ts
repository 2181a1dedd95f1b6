import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ArgumentError } from './exit-code.ts'

/** An ONNX file, or the U-Net of a Stable Diffusion folder. @throws ArgumentError */
export async function modelFile(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined)
    throw new ArgumentError(`${path} is not there; name an ONNX file or a Stable Diffusion folder`)
  if (!found.isDirectory()) return path
  const inside = join(path, 'unet', 'model.onnx')
  if ((await stat(inside).catch(() => undefined)) === undefined)
    throw new ArgumentError(`${path} has no unet/model.onnx; name an ONNX file or a Stable Diffusion folder`)
  return inside
}
