import { createHash } from 'node:crypto'
import { tinyFolder } from '../../../../test/support/tiny-folder.ts'

/** The files of the tiny model, to be served below a path: evaluations take milliseconds, on any device. */
export async function tinyFiles(path: string): Promise<Map<string, Uint8Array>> {
  const folder = tinyFolder()
  const graphs = ['text_encoder', 'unet', 'vae_decoder']
  const others = ['scheduler/scheduler_config.json', 'tokenizer/tokenizer.json', 'tokenizer/tokenizer_config.json']
  const files = new Map<string, Uint8Array>()
  let sums = ''
  const sizes: Record<string, number> = {}
  for (const file of [...graphs.flatMap(graph => [`${graph}/model.onnx`, `${graph}/config.json`]), ...others]) {
    const bytes = await folder.read(file)
    files.set(`${path}${file}`, bytes)
    sizes[file] = bytes.length
    sums += `${createHash('sha256').update(bytes).digest('hex')}  ${file}\n`
  }
  files.set(`${path}sizes.json`, new TextEncoder().encode(JSON.stringify(sizes)))
  return files.set(`${path}SHA256SUMS`, new TextEncoder().encode(sums))
}
