import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { deepCache, tGate } from '@fewstep/cachers'
import { model } from '@fewstep/model-emoji'
import { readModel, writeModel } from '@fewstep/onnx-graph'
import { textToImage } from '@fewstep/pipelines'
import type { Folder } from '@fewstep/runtime'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { takeWeights } from '../../../test/support/external-weights.ts'

const runtime = nodeRuntime()
const root = mkdtempSync(join(tmpdir(), 'fewstep-external-'))
const unet = join(root, 'unet/model.onnx')
const data = join(root, 'unet/weights/all.bin')
const request = { steps: 4, seed: 7 } as const
const cachers = [deepCache({ interval: 2 }), tGate({ gate: 3 })]

beforeAll(() => {
  cpSync(fileURLToPath(model), root, { recursive: true })
  const graph = readModel(new Uint8Array(readFileSync(unet)))
  const weights = takeWeights(graph, 'weights/all.bin')
  mkdirSync(dirname(data))
  writeFileSync(data, weights)
  writeFileSync(unet, writeModel(graph))
})
afterAll(async () => {
  await runtime.dispose()
  rmSync(root, { recursive: true })
})

/** The folder, and what was read of it. */
function watched(change: Partial<Folder> = {}): { readonly folder: Folder; readonly read: readonly string[] } {
  const real = directory(root)
  const read: string[] = []
  const folder: Folder = {
    ...real,
    read(path) {
      read.push(path)
      return real.read(path)
    },
    ...change,
  }
  return { folder, read }
}

async function draw(folder: Folder, caches = cachers) {
  const pipe = await textToImage(folder, { runtime, cachers: caches })
  try {
    const [image] = await pipe.generate('a red apple', request)
    return image!
  } finally {
    await pipe.dispose()
  }
}

test('rewritten graphs share the external data of a folder on disk, without reading it', async () => {
  const inline = await draw(directory(model))
  const { folder, read } = watched()
  expect((await draw(folder)).data).toEqual(inline.data)
  expect(read).toContain('unet/model.onnx')
  expect(read.filter(path => path.includes('weights'))).toEqual([])
})

test('without a disk, it is read once', async () => {
  const inline = await draw(directory(model))
  const bytes = new Uint8Array(readFileSync(unet))
  const real = directory(root)
  const { folder, read } = watched({ model: path => (path === 'unet/model.onnx' ? { bytes } : real.model(path)) })
  const { weights: _, ...without } = folder
  expect((await draw(without)).data).toEqual(inline.data)
  expect(read.filter(path => path.includes('weights'))).toEqual(['unet/weights/all.bin'])
})

test('data that is cut off or gone is named', async () => {
  const whole = readFileSync(data)
  try {
    truncateSync(data, 1000)
    await expect(draw(directory(root))).rejects.toThrow(/weights\/all.bin are cut off: .* fetch the file again/)
    rmSync(data)
    await expect(draw(directory(root))).rejects.toThrow(/has no unet\/weights\/all.bin/)
  } finally {
    writeFileSync(data, whole)
  }
})
