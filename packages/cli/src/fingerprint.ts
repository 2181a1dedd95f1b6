import { createHash, type Hash } from 'node:crypto'
import { open, readdir, readFile, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'

const pieces = 128
const length = 1 << 18

/**
 * A hash that identifies a model without reading all of its weights. For each file of the text encoder, the U-Net and the
 * decoder it covers the name, the size and 128 evenly spaced pieces of 256 KB. Files up to 32 MB are covered completely.
 */
export async function fingerprint(folder: string): Promise<string> {
  const hash = createHash('sha256')
  hash.update(await readFile(join(folder, 'scheduler/scheduler_config.json')))
  for (const graph of ['text_encoder', 'unet', 'vae_decoder']) {
    const names = await readdir(join(folder, graph), { recursive: true })
    // External weights can be in files of any name. Hidden files belong to other programs.
    for (const name of names.filter(name => !name.split(sep).some(part => part.startsWith('.'))).sort()) {
      const path = join(folder, graph, name)
      if (!(await stat(path)).isFile()) continue
      hash.update(`${graph}/${name.replaceAll(sep, '/')} `)
      await sampleFile(path, hash)
    }
  }
  return hash.digest('hex').slice(0, 16)
}

async function sampleFile(path: string, hash: Hash): Promise<void> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    hash.update(`${size} `)
    const count = Math.min(pieces, Math.ceil(size / length))
    const last = Math.max(0, size - length)
    for (let i = 0; i < count; i++) {
      const at = Math.round((last * i) / Math.max(1, count - 1))
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at)
      hash.update(buffer.subarray(0, bytesRead))
    }
  } finally {
    await file.close()
  }
}
