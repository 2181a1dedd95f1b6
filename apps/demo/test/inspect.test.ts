import { model } from '@fewstep/model-emoji'
import { buildModel, node, port, tensor, writeModel } from '@fewstep/onnx-graph'
import type { Folder } from '@fewstep/runtime'
import { directory } from '@fewstep/runtime-node'
import { describe, expect, test } from 'vitest'
import { inspectFolder } from '../src/model/inspect.ts'
import { sharesOf } from '../src/model/shares.ts'

const embedded = directory(model)

/** The embedded model with some files in the place of its own; `undefined` takes one away. */
function changed(files: Readonly<Record<string, Uint8Array | string | undefined>>): Folder {
  const own = (path: string) => Object.hasOwn(files, path)
  const bytes = (file: Uint8Array | string) => (typeof file === 'string' ? new TextEncoder().encode(file) : file)
  return {
    name: 'changed',
    has: path => (own(path) ? files[path] !== undefined : embedded.has(path)),
    read: async path => {
      const file = files[path]
      if (file !== undefined) return bytes(file)
      if (own(path)) throw new Error(`there is no ${path}`)
      return embedded.read(path)
    },
    model: () => {
      throw new Error('nothing is opened')
    },
  }
}

const unetWith = (inputs: readonly string[], channels: number, domain = ''): Uint8Array =>
  writeModel(
    buildModel({
      inputs: [
        port('sample', 'float32', ['b', channels, 'h', 'w']),
        ...inputs.map(name => port(name, 'float32', ['n'])),
      ],
      outputs: [port('out_sample', 'float32', ['b', channels, 'h', 'w'])],
      initializers: [tensor('one', 'float32', [1], Float32Array.of(1))],
      nodes: [{ ...node(domain === '' ? 'Mul' : 'GroupNorm', ['sample', 'one'], ['out_sample']), domain }],
    }),
  )
const usual = ['timestep', 'encoder_hidden_states']

test('the embedded model runs, and each part is explained', async () => {
  const { kind, runs, findings } = await inspectFolder(embedded)
  expect({ kind, runs }).toEqual({ kind: 'Stable Diffusion 1.x or 2.x in ONNX', runs: true })
  const words = new Map(findings.map(({ subject, words }) => [subject, words]))
  expect([...words.keys()]).toEqual(['Scheduler', 'Tokenizer', 'Text encoder', 'U-Net', 'Caches', 'Decoder', 'Encoder'])
  expect(words.get('Scheduler')).toMatch(/pndm.*epsilon/)
  expect(words.get('Tokenizer')).toContain('32 tokens, 30 of them for the prompt itself')
  expect(words.get('U-Net')).toMatch(/12\.\d million/)
  expect(words.get('Caches')).toMatch(/DeepCache can cut at \d+ skip/)
})

describe('what keeps a model from running is said, with a remedy', () => {
  test.each<[string, Folder, RegExp, RegExp]>([
    ['an XL model', changed({ 'text_encoder_2/config.json': '{}' }), /XL/, /1\.x or 2\.x/],
    ['a transformer', changed({ 'transformer/config.json': '{}' }), /transformer/, /not supported yet/],
    [
      'weights for PyTorch',
      changed({ 'unet/model.onnx': undefined, 'unet/diffusion_pytorch_model.safetensors': 'x' }),
      /PyTorch/,
      /optimum-cli export onnx/,
    ],
    [
      'another folder',
      { name: 'music', has: () => false, read: () => Promise.reject(new Error()), model: () => ({ path: '' }) },
      /Not a model/,
      /Choose the folder/,
    ],
    [
      'no scheduler',
      changed({ 'scheduler/scheduler_config.json': undefined }),
      /ONNX/,
      /scheduler_config.json is missing/,
    ],
    ['an unknown scheduler', changed({ 'scheduler/scheduler_config.json': '{"_class_name":"X"}' }), /ONNX/, /X/],
    ['a broken scheduler', changed({ 'scheduler/scheduler_config.json': '{' }), /ONNX/, /not understood/],
    [
      'no tokenizer',
      changed({ 'tokenizer/tokenizer.json': undefined, 'tokenizer/vocab.json': undefined }),
      /ONNX/,
      /tokenizer.json is missing, and so is vocab.json/,
    ],
    ['no decoder', changed({ 'vae_decoder/model.onnx': undefined }), /ONNX/, /vae_decoder\/model.onnx is missing/],
    ['a cut-off U-Net', changed({ 'unet/model.onnx': Uint8Array.of(8, 200, 1, 2) }), /ONNX/, /cannot be read/],
    ['an inpainting U-Net', changed({ 'unet/model.onnx': unetWith(usual, 9) }), /ONNX/, /9 channels.*inpainting/],
    [
      'a U-Net of LCM',
      changed({ 'unet/model.onnx': unetWith([...usual, 'timestep_cond'], 4) }),
      /ONNX/,
      /timestep_cond.*LCM/,
    ],
    ['another network', changed({ 'unet/model.onnx': unetWith([], 4) }), /ONNX/, /does not take timestep/],
    [
      'a graph optimised for CUDA',
      changed({ 'unet/model.onnx': unetWith(usual, 4, 'com.microsoft') }),
      /ONNX/,
      /com\.microsoft:GroupNorm.*Export it without/,
    ],
  ])('%s', async (_, folder, kind, words) => {
    const report = await inspectFolder(folder)
    expect(report.kind).toMatch(kind)
    expect(report.runs).toBe(false)
    expect(
      report.findings
        .filter(({ weight }) => weight === 'bad')
        .map(({ words }) => words)
        .join(' '),
    ).toMatch(words)
  })
})

test("the parts of the embedded model's U-Net cost what is counted, the cheapest branch least", async () => {
  const { total, shallow, cross, self } = (await sharesOf(embedded))!
  // 2.6 GFLOP for two conditions, as the model's card says: two operations each.
  expect(total / 1e9).toBeCloseTo(2.6 / 4, 0)
  const costs = Object.values(shallow)
  expect(costs).toEqual([...costs].sort((a, b) => a - b))
  for (const share of [...costs, cross, self]) expect(share).toBeGreaterThan(0)
  expect(Math.max(...costs)).toBeLessThan(1)
  const others = await sharesOf(changed({ 'unet/model.onnx': unetWith(usual, 4) }))
  expect(others).toMatchObject({ shallow: {}, cross: 0, self: 0 })
})
