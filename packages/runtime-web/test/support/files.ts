import { createHash } from 'node:crypto'
import type { Folder } from '@fewstep/runtime'
import { torchGenerator } from '@fewstep/tensor'

/** Bytes without repetitions, the same in every run. */
export function bytesOf(seed: number, size: number): Uint8Array {
  const numbers = torchGenerator(seed).normal(Math.ceil(size / 4))
  return new Uint8Array(numbers.buffer as ArrayBuffer, 0, size)
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** A list of hashes, as `sha256sum` writes it. */
export function listOf(files: Readonly<Record<string, Uint8Array>>): string {
  return Object.entries(files)
    .map(([path, bytes]) => `${sha256(bytes)}  ./${path}\n`)
    .join('')
}

/** The graphs and configurations of a small folder, as files of a website. */
export async function filesOf(folder: Folder, prefix: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  for (const part of ['text_encoder', 'unet', 'vae_decoder'])
    for (const name of ['model.onnx', 'config.json'])
      files.set(`${prefix}${part}/${name}`, await folder.read(`${part}/${name}`))
  return files
}
