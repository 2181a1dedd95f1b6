import { open, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FewstepError } from '@fewstep/errors'
import { externalSizes, isLfsPointer, lfsRemedy, type ModelProto, readModel } from '@fewstep/onnx-graph'
import { ArgumentError } from './exit-code.ts'
import { reason } from './png.ts'

/** An ONNX file, or the U-Net of a Stable Diffusion folder. @throws ArgumentError */
export async function modelFile(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined)
    throw new ArgumentError(`${path} does not exist; name an ONNX file or a Stable Diffusion folder`)
  if (!found.isDirectory()) return path
  const inside = join(path, 'unet', 'model.onnx')
  if ((await stat(inside).catch(() => undefined)) === undefined)
    throw new ArgumentError(`${path} has no unet/model.onnx; name an ONNX file or a Stable Diffusion folder`)
  return inside
}

/** Reads the model of a file. @throws ModelFileError where it is not readable */
export async function readModelFile(file: string): Promise<ModelProto> {
  const bytes = await readFile(file).catch(error => {
    throw new ModelFileError(`${file} cannot be read: ${reason(error)}`)
  })
  if (isLfsPointer(bytes)) throw new ModelFileError(`${file} ${lfsRemedy}`)
  try {
    const model = readModel(new Uint8Array(bytes))
    externalSizes(model)
    return model
  } catch (error) {
    throw new ModelFileError(`${file}: ${(error as Error).message}`)
  }
}

/**
 * The files with a model's external weights, as a map from the name in the model to the path.
 *
 * @throws ModelFileError where one is missing, is shorter than the model says, or is a Git LFS pointer
 */
export async function weightFiles(file: string, model: ModelProto): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const [name, needed] of externalSizes(model)) {
    const path = join(dirname(file), name)
    const weights = await open(path).catch(error => {
      throw new ModelFileError(
        `${path} has weights of ${file} and cannot be read: ${reason(error)}; put the file there`,
      )
    })
    try {
      const { size } = await weights.stat()
      const { buffer, bytesRead } = await weights.read(Buffer.alloc(64), 0, 64, 0)
      if (isLfsPointer(buffer.subarray(0, bytesRead))) throw new ModelFileError(`${path} ${lfsRemedy}`)
      if (size < needed)
        throw new ModelFileError(
          `${path} is cut off: ${file} needs ${needed} bytes of it, but it has ${size}; download it again`,
        )
    } finally {
      await weights.close()
    }
    found.set(name, path)
  }
  return found
}

class ModelFileError extends FewstepError {
  override readonly name = 'Cli.ModelFileError'
  override readonly kind = 'model'
}
