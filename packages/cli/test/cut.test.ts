import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { model } from '@fewstep/model-emoji'
import { readModel } from '@fewstep/onnx-graph'
import { expect, test } from 'vitest'
import { emptyFolder, fewstep } from './support/fewstep.ts'

const emoji = fileURLToPath(model)

test('a U-Net is written in two graphs that fit each other', async () => {
  const folder = emptyFolder()
  const result = await fewstep(folder, ['cut', emoji, '--branch', '1', '--out', 'cut', '--json'])
  expect(result).toMatchObject({ code: 0, err: '' })
  const { feature, branches, costs } = JSON.parse(result.out)
  expect(costs.shallow).toHaveLength(9)
  expect(branches).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  expect(readdirSync(join(folder, 'cut')).sort()).toEqual(['full.onnx', 'shallow.onnx'])
  const read = (name: string) => readModel(new Uint8Array(readFileSync(join(folder, 'cut', name)))).graph!
  expect(read('full.onnx').output.map(({ name }) => name)).toEqual(['out_sample', feature])
  expect(read('shallow.onnx').input.map(({ name }) => name)).toContain(feature)
})

test.each([
  [['cut', 'nowhere.onnx', '--out', 'cut'], 2, /nowhere.onnx is not there/],
  [['cut', '.', '--out', 'cut'], 2, /has no unet\/model.onnx/],
  [['cut', emoji, '--branch', '9', '--out', 'cut'], 1, /branch from 0 to 8, got 9/],
  [['cut', emoji, '--branch', 'x', '--out', 'cut'], 2, /--branch must be a whole number/],
  [['cut', join(emoji, 'vae_decoder/model.onnx'), '--out', 'cut'], 1, /skip connections/],
  [['cut', join(emoji, 'model_index.json'), '--out', 'cut'], 1, /no ONNX model/],
  [['cut', emoji], 2, /--out/],
] as const)('%j is refused', async (args, code, message) => {
  const folder = emptyFolder()
  const result = await fewstep(folder, args)
  expect(result.err).toMatch(message)
  expect(result.err.trimEnd().split('\n')).toHaveLength(1)
  expect(result.code).toBe(code)
  expect(readdirSync(folder)).toEqual([])
})

test('a model is described: ports, exporter, parameters and what its parts cost', async () => {
  const folder = emptyFolder()
  const { out, code } = await fewstep(folder, ['inspect', emoji])
  expect(code).toBe(0)
  for (const pattern of [
    /sample float32 \[batch_size, 4/,
    /pytorch/,
    /12\.\d+ M/,
    /branch {2}0 .*interval 3: [12]\./,
    /T-GATE/,
  ])
    expect(out).toMatch(pattern)
  const decoder = JSON.parse((await fewstep(folder, ['inspect', join(emoji, 'vae_decoder/model.onnx'), '--json'])).out)
  expect(decoder.costs).toBeUndefined()
  expect(decoder.parameters).toBeGreaterThan(1e6)
  const broken = await fewstep(folder, ['inspect', join(emoji, 'model_index.json')])
  expect(broken).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/no ONNX model/) })
})
