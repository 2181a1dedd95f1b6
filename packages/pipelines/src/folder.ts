import { decodeText, type Folder } from '@fewstep/runtime'
import { parseConfig } from '@fewstep/sampler/diffusers'
import { ModelError } from './errors.ts'

export type Json = Readonly<Record<string, unknown>>

/** A text file, whichever system wrote it. @throws ModelError where it is missing or is not UTF-8 */
export async function readText(folder: Folder, path: string): Promise<string> {
  if (!(await folder.has(path))) throw new ModelError(folder.name, `${path} is missing`)
  const bytes = await folder.read(path)
  try {
    return decodeText(bytes, path)
  } catch (error) {
    throw new ModelError(folder.name, (error as Error).message)
  }
}

/** @throws ModelError where the file is missing or is not a JSON object */
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

/**
 * A folder's scheduler configuration, `scheduler/scheduler_config.json`. Where it has a decoder, clipping is off, as in
 * diffusers' pipeline: latents know no bounds.
 *
 * @throws ModelError where the file is missing or is not a JSON object
 */
export async function readSchedulerConfig(folder: Folder): Promise<Json> {
  const config = await readJson(folder, 'scheduler/scheduler_config.json')
  return (await folder.has('vae_decoder/model.onnx')) ? { ...config, clip_sample: false } : config
}

/** {@link readJson}, and no settings at all where the file is missing. */
export async function readJsonIfAny(folder: Folder, path: string): Promise<Json> {
  return (await folder.has(path)) ? readJson(folder, path) : {}
}
