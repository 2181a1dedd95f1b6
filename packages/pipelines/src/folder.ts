import type { Folder } from '@fewstep/runtime'
import { parseConfig } from '@fewstep/sampler/diffusers'
import { ModelError } from './errors.ts'

export type Json = Readonly<Record<string, unknown>>

/** @throws ModelError where the file is missing or is not a JSON object */
export async function readJson(folder: Folder, path: string): Promise<Json> {
  if (!(await folder.has(path))) throw new ModelError(folder.name, `${path} is missing`)
  let value: unknown
  try {
    value = parseConfig(new TextDecoder().decode(await folder.read(path)))
  } catch (error) {
    throw new ModelError(folder.name, `${path} is not readable JSON (${(error as Error).message})`)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw new ModelError(folder.name, `${path} is not a JSON object`)
}

/** {@link readJson}, and no settings at all where the file is missing. */
export async function readJsonIfAny(folder: Folder, path: string): Promise<Json> {
  return (await folder.has(path)) ? readJson(folder, path) : {}
}
