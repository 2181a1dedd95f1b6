import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Folder } from '@fewstep/runtime'
import { RuntimeNodeError } from './runtime-node-error.ts'

/** A folder on disk. ONNX files are opened by path, so the library finds their external data and does not copy it. */
export function directory(path: string | URL): Folder {
  const root = typeof path === 'string' ? path : fileURLToPath(path)
  const find = (file: string): string => {
    const full = join(root, file)
    if (!existsSync(full)) throw new RuntimeNodeError(`${root} has no ${file}`, 'model')
    return full
  }
  return {
    name: root,
    has: file => existsSync(join(root, file)),
    read: async file => readFile(find(file)),
    model: file => ({ path: find(file) }),
    weights: async file => ({ path: find(file) }),
  }
}
