import { isFewstepError } from '@fewstep/errors'
import { externalFiles, type ModelProto, writeModel } from '@fewstep/onnx-graph'
import type { Folder, Model, Weights } from '@fewstep/runtime'
import { ModelError } from './errors.ts'

/** How a runtime opens what is made of a file's model: with the file's own external data. */
export async function rewrittenModel(
  folder: Folder,
  file: string,
  original: ModelProto,
): Promise<(model: ModelProto) => Model> {
  const external = new Map<string, Weights>()
  for (const name of externalFiles(original)) {
    const path = `${file.slice(0, file.lastIndexOf('/') + 1)}${name}`
    external.set(name, await (folder.weights === undefined ? folder.read(path) : folder.weights(path)))
  }
  return model => ({ bytes: writeModel(model), external })
}

/** What `rewrite` makes. @throws ModelError where it finds nothing to cut */
export function rewritten<R>(folder: Folder, file: string, rewrite: () => R): R {
  try {
    return rewrite()
  } catch (error) {
    if (!isFewstepError(error) || error.kind !== 'model') throw error
    throw new ModelError(folder.name, `${file}: ${error.message}`)
  }
}
