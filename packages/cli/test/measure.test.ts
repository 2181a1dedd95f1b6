import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { model } from '@fewstep/model-emoji'
import { expect, test } from 'vitest'
import { measure, readMeasureFlags } from '../src/measure.ts'
import { emptyFolder } from './support/fewstep.ts'

test('a U-Net of latents is measured without clipping, whatever its scheduler class does by default', async () => {
  const folder = emptyFolder()
  cpSync(fileURLToPath(model), folder, { recursive: true })
  const path = join(folder, 'scheduler/scheduler_config.json')
  const { clip_sample: _, ...config } = JSON.parse(readFileSync(path, 'utf8'))
  const request = await readMeasureFlags({ steps: '3', guidance: '1', solver: 'ddim', prompt: ['a star'] })
  const sizes = { sample: [1, 4, 8, 8], timestep: [], encoder_hidden_states: [1, 32, 192] }
  const measured = (clipping: object): Promise<unknown> => {
    writeFileSync(path, JSON.stringify({ ...config, ...clipping }))
    return measure(join(folder, 'unet/model.onnx'), sizes, request)
  }
  const off = await measured({ clip_sample: false })
  expect(await measured({})).toEqual(off)
  const clipping = { clip_sample: true, clip_sample_range: 0.1 }
  expect(await measured(clipping)).toEqual(off)
  // Without a decoder they may be pixels.
  rmSync(join(folder, 'vae_decoder'), { recursive: true })
  expect(await measured(clipping)).not.toEqual(off)
})
