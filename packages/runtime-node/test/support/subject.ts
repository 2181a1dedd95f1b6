import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Subject } from '@fewstep/runtime/conformance'
import { type NodeRuntimeOptions, nodeRuntime } from '@fewstep/runtime-node'
import { memory } from './children.ts'

/** The runtime, as the conformance suite takes it. */
export function subject(options: NodeRuntimeOptions): Subject {
  return {
    make: () => nodeRuntime(options),
    keeps: options.device === 'webgpu',
    memory,
    async write(files) {
      const root = join(tmpdir(), 'fewstep-conformance')
      await mkdir(root, { recursive: true })
      const folder = await mkdtemp(join(root, 'case-'))
      for (const [name, bytes] of files) await writeFile(join(folder, name), bytes)
      return folder
    },
  }
}
