import { globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { model } from '@fewstep/model-emoji'
import { expect, test } from 'vitest'

const folder = fileURLToPath(model)

test.each([
  'model_index.json',
  'scheduler/scheduler_config.json',
  'tokenizer/tokenizer.json',
  'tokenizer/vocab.json',
  'tokenizer/merges.txt',
  'text_encoder/model.onnx',
  'unet/model.onnx',
  'unet/config.json',
  'vae_decoder/model.onnx',
  'vae_decoder/config.json',
  'vae_encoder/model.onnx',
])('%s is there', path => {
  expect(statSync(join(folder, path)).size).toBeGreaterThan(0)
})

test('it stays under 40 MB', () => {
  const sizes = globSync('**/*', { cwd: folder }).map(path => statSync(join(folder, path)))
  expect(sizes.reduce((total, stat) => total + (stat.isFile() ? stat.size : 0), 0)).toBeLessThan(40e6)
})
