import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { model } from '@fewstep/model-emoji'
import { readModel, writeModel } from '@fewstep/onnx-graph'
import { expect, test } from 'vitest'
import { takeWeights } from '../../../test/support/external-weights.ts'
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

test('fold writes a graph without constants from sizes, and a second fold changes nothing', async () => {
  const folder = emptyFolder()
  const result = await fewstep(folder, ['fold', join(emoji, 'vae_decoder/model.onnx'), '--out', 'once.onnx', '--json'])
  expect(result).toMatchObject({ code: 0, err: '' })
  const { before, after } = JSON.parse(result.out)
  expect(after).toBeLessThanOrEqual(before)
  const again = await fewstep(folder, ['fold', 'once.onnx', '--out', 'twice.onnx'])
  expect(again.out).toBe(`twice.onnx: ${after} of ${after} operators are left\n`)
  expect(readFileSync(join(folder, 'twice.onnx'))).toEqual(readFileSync(join(folder, 'once.onnx')))
})

test('external weights are copied with the graph', async () => {
  const folder = emptyFolder()
  const unet = readModel(new Uint8Array(readFileSync(join(emoji, 'unet/model.onnx'))))
  const weights = takeWeights(unet, 'weights.bin')
  for (const name of ['from', 'to']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'from/weights.bin'), weights)
  writeFileSync(join(folder, 'from/model.onnx'), writeModel(unet))
  const { code } = await fewstep(folder, ['fold', 'from/model.onnx', '--out', 'to/folded.onnx'])
  expect(code).toBe(0)
  expect(readdirSync(join(folder, 'to')).sort()).toEqual(['folded.onnx', 'weights.bin'])
})

test.each([
  [['fold', 'nowhere.onnx', '--out', 'x.onnx'], 2, /nowhere.onnx does not exist/],
  [['fold', emoji, '--out', 'no/x.onnx'], 2, /--out: there is no folder no/],
  [['fold', join(emoji, 'model_index.json'), '--out', 'x.onnx'], 1, /not an ONNX model/],
  [['fold', emoji], 2, /--out/],
  [['cut', 'nowhere.onnx', '--out', 'cut'], 2, /nowhere.onnx does not exist/],
  [['cut', '.', '--out', 'cut'], 2, /has no unet\/model.onnx/],
  [['cut', emoji, '--branch', '9', '--out', 'cut'], 1, /branch from 0 to 8, got 9/],
  [['cut', emoji, '--branch', 'x', '--out', 'cut'], 2, /--branch must be a whole number/],
  [['cut', join(emoji, 'vae_decoder/model.onnx'), '--out', 'cut'], 1, /skip connections/],
  [['cut', join(emoji, 'model_index.json'), '--out', 'cut'], 1, /not an ONNX model/],
  [['cut', emoji], 2, /--out/],
] as const)('%j is refused', async (args, code, message) => {
  const folder = emptyFolder()
  const result = await fewstep(folder, args)
  expect(result.err).toMatch(message)
  expect(result.err.trimEnd().split('\n')).toHaveLength(1)
  expect(result.code).toBe(code)
  expect(readdirSync(folder)).toEqual([])
})

test('a model is described: ports, exporter, parameters and the cost of its parts', async () => {
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
  expect(broken).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/not an ONNX model/) })
})

test('the change of reused values is measured: a table, a chart, and suggested settings', async () => {
  const folder = emptyFolder()
  const asked = ['--measure', '--steps', '4', '--solver', 'ddim', '--prompt', 'a star', '--seed', '3']
  const { out, err, code } = await fewstep(folder, ['inspect', emoji, ...asked, '--plot', 'changes.svg', '--json'])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const { costs, measured } = JSON.parse(out)
  expect(costs.shallow).toHaveLength(9)
  expect(measured).toMatchObject({ conditions: 'prompts', prompts: ['a star'], steps: 4, guidance: 7.5 })
  expect(measured.intervals).toHaveLength(9)
  expect(measured.calls).toHaveLength(4)
  const plot = readFileSync(join(folder, 'changes.svg'), 'utf8')
  for (const name of ['cross-attention', 'self-attention', 'branch 0', 'branch 8'])
    expect(plot).toContain(`${name}</text>`)
  expect(plot.match(/<circle/g)).toHaveLength(6 * 3)
  const text = await fewstep(folder, ['inspect', emoji, ...asked])
  expect(text.out).toMatch(/evaluation {2}timestep {2}cross self {3}0 {3}1/)
  const [cross] = /\n {9}1 +\d+ +(\d+)/.exec(text.out)!.slice(1)
  expect(Number(cross)).toBe(Math.round(100 * measured.cross[1]))
  expect(text.out).toMatch(/DeepCache: .* at most 20 % off\n {2}branch {2}0 .*interval \d/)
})

test.each([
  [['--plot', 'x.svg'], 2, /--plot needs --measure; add --measure/],
  [['--measure', '--steps', '1'], 2, /--steps must be a whole number from 2 to 1000, got 1/],
  [['--measure', '--tolerance', '-1'], 2, /--tolerance must be a number from 0 to 10/],
  [['--measure', '--solver', 'dpm'], 2, /dpm/],
  [['--measure', '--plot', 'no/x.svg'], 2, /--plot: there is no folder no/],
] as const)('inspect %j is refused', async (args, code, message) => {
  const folder = emptyFolder()
  const result = await fewstep(folder, ['inspect', emoji, ...args])
  expect(result).toMatchObject({ code, out: '', err: expect.stringMatching(message) })
  expect(existsSync(join(folder, 'x.svg'))).toBe(false)
})

test('the error for a model with nothing to reuse names the caches that work on it', async () => {
  const result = await fewstep(emptyFolder(), ['inspect', join(emoji, 'text_encoder/model.onnx'), '--measure'])
  expect(result).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringMatching(/caches of the output work on every model/),
  })
})
