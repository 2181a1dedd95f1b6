import type { Folder } from '@fewstep/runtime'

/** @throws ModelError where the file is missing or is not a JSON object */
export async function readJson(folder: Folder, path: string): Promise<Readonly<Record<string, unknown>>> {
  if (!(await folder.has(path))) throw new ModelError(folder.name, `${path} is missing`)
  try {
    return JSON.parse(new TextDecoder().decode(await folder.read(path))) as Readonly<Record<string, unknown>>
  } catch (error) {
    throw new ModelError(folder.name, `${path} is not readable JSON (${(error as Error).message})`)
  }
}

export class ModelError extends Error {
  override readonly name = 'Pipelines.ModelError'
  constructor(folder: string, problem: string) {
    super(`${folder}: ${problem}; expected a Stable Diffusion folder in ONNX as optimum writes it`)
  }
}
