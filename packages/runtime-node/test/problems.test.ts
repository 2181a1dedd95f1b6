import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { platform } from 'node:process'
import { pathToFileURL } from 'node:url'
import { model } from '@fewstep/model-emoji'
import { directory, type NodeRuntimeOptions, nodeRuntime } from '@fewstep/runtime-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadProblem } from '../src/problems.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fewstep-problems-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('a device that does not work here', () => {
  const elsewhere = platform === 'darwin' ? 'dml' : 'coreml'
  test.each([elsewhere, 'nonsense'])('%s is refused, and the error names the devices that work', async device => {
    const runtime = nodeRuntime({ device: device as NonNullable<NodeRuntimeOptions['device']> })
    const opened = runtime.open(await directory(model).model('vae_decoder/model.onnx'))
    await expect(opened).rejects.toThrow(
      new RegExp(`the device ${device} does not work .*not built into.*what works: .*cpu`),
    )
    await runtime.dispose()
  })
})

describe("the error for a library that does not load depends on Node's error code", () => {
  const require = createRequire(import.meta.url)
  // Node's errors for a missing package, a missing binary, and a missing library of the binary.
  const failures: readonly [remedy: RegExp, load: () => unknown][] = [
    [/npm install onnxruntime-node/, () => import(/* @vite-ignore */ pathToFileURL(join(folder, 'none.mjs')).href)],
    [/no binary for \w+ on \w+/, () => require(join(folder, 'none.node'))],
    [
      /does not load on this machine/,
      () => {
        writeFileSync(join(folder, 'text.node'), 'no binary')
        return require(join(folder, 'text.node'))
      },
    ],
  ]
  test.each(failures)('%s', async (remedy, load) => {
    const error = await Promise.resolve()
      .then(load)
      .catch((error: NodeJS.ErrnoException) => error)
    expect(loadProblem(error as NodeJS.ErrnoException)).toMatch(remedy)
  })

  test('other errors have no such explanation', () => {
    expect(loadProblem(new Error('onnxruntime-node is not in the mood'))).toBeUndefined()
  })
})

test.each([0, 1.5, -1, Number.NaN])('%s threads are refused', threads => {
  expect(() => nodeRuntime({ threads })).toThrow(/threads must be a whole number of at least 1/)
})
