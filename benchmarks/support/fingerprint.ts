import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A short hash of what a Stable Diffusion folder in ONNX computes, to tell results of other weights apart. */
export async function fingerprint(folder: string): Promise<string> {
  const hash = createHash('sha256')
  for (const part of ['text_encoder', 'unet', 'vae_decoder'])
    hash.update(await readFile(join(folder, part, 'model.onnx')))
  for (const file of ['tokenizer/tokenizer.json', 'scheduler/scheduler_config.json'])
    hash.update(await readFile(join(folder, file)))
  return hash.digest('hex').slice(0, 16)
}
