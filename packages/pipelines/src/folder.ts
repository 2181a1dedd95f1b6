import { decodeText, type Folder } from '@fewstep/runtime'
import { parseConfig } from '@fewstep/sampler/diffusers'
import { ModelError } from './errors.ts'

export type Json = Readonly<Record<string, unknown>>

/** Reads a text file, with any line endings. @throws ModelError where it is missing or not UTF-8 */
export async function readText(folder: Folder, path: string): Promise<string> {
  if (!(await folder.has(path))) throw new ModelError(folder.name, `${path} is missing`)
  const bytes = await folder.read(path)
  try {
    return decodeText(bytes, path)
  } catch (error) {
    throw new ModelError(folder.name, (error as Error).message)
  }
}

/** Reads a JSON object. @throws ModelError where the file is missing or not a JSON object */
export async function readJson(folder: Folder, path: string): Promise<Json> {
  const text = await readText(folder, path)
  let value: unknown
  try {
    value = parseConfig(text)
  } catch (error) {
    throw new ModelError(folder.name, `${path} is not readable JSON (${(error as Error).message})`)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw new ModelError(folder.name, `${path} is not a JSON object`)
}

/** {@link readJson}, or an empty object where the file is missing. */
export async function readJsonIfAny(folder: Folder, path: string): Promise<Json> {
  return (await folder.has(path)) ? readJson(folder, path) : {}
}
