import { createHash } from 'node:crypto'
import { model } from '@fewstep/model-emoji'
import { directory } from '@fewstep/runtime-node'
import { tinyFolder } from '../../../../test/support/tiny-folder.ts'

/** The files of the tiny model, to be served below a path: calls take milliseconds, on any device. */
export async function tinyFiles(path: string): Promise<Map<string, Uint8Array>> {
  const folder = tinyFolder()
  const files = new Map<string, Uint8Array>()
  for (const graph of ['text_encoder', 'unet', 'vae_decoder']) {
    const opened = await folder.model(`${graph}/model.onnx`)
    if (!('bytes' in opened)) throw new Error(`expected the bytes of ${graph}, got ${JSON.stringify(opened)}`)
    files.set(`${path}${graph}/model.onnx`, opened.bytes)
    files.set(`${path}${graph}/config.json`, await folder.read(`${graph}/config.json`))
  }
  const emoji = directory(model)
  for (const file of ['scheduler/scheduler_config.json', 'tokenizer/tokenizer.json', 'tokenizer/tokenizer_config.json'])
    files.set(`${path}${file}`, await emoji.read(file))
  const sums = [...files].map(
    ([name, bytes]) => `${createHash('sha256').update(bytes).digest('hex')}  ${name.slice(path.length)}\n`,
  )
  return files.set(`${path}SHA256SUMS`, new TextEncoder().encode(sums.join('')))
}
