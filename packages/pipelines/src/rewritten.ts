import { isFewstepError } from '@fewstep/errors'
import { externalFiles, type ModelProto, writeModel } from '@fewstep/onnx-graph'
import type { Folder, Model, Weights } from '@fewstep/runtime'
import { ModelError } from './errors.ts'

/** Returns a function that gives a rewritten model the external data of the original file, for a runtime to open. */
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

/** The result of `rewrite`. @throws ModelError where the graph has nothing to rewrite */
export function rewritten<R>(folder: Folder, file: string, rewrite: () => R): R {
  try {
    return rewrite()
  } catch (error) {
    if (!isFewstepError(error) || error.kind !== 'model') throw error
    throw new ModelError(folder.name, `${file}: ${error.message}`)
  }
}
