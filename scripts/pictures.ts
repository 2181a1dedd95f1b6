/** Draws the pictures of the README with the embedded model, its defaults and fixed seeds: `node scripts/pictures.ts`. */
import { mkdir, writeFile } from 'node:fs/promises'
import { model } from '@fewstep/model-emoji'
import { textToImage } from '@fewstep/pipelines'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { encode } from 'fast-png'

const prompts = [
  'a red apple',
  'a red heart',
  'a blue heart',
  'grinning face',
  'a dog face',
  'a rocket',
  'a green apple, fluent style',
  'a car',
  'a sun',
  'pizza',
  'a house, fluent style',
  'smiling face with heart eyes',
  'a fish',
  'a tree',
  'a soccer ball',
  'a star',
]
const [columns, scale] = [8, 2]
const runtime = nodeRuntime()
const pipe = await textToImage(directory(model), { runtime })
const images = await pipe.generate(prompts, { seed: 7 })
await runtime.dispose()
const side = images[0]!.width
const width = columns * side * scale
const height = Math.ceil(images.length / columns) * side * scale
const data = new Uint8Array(width * height * 3).fill(255)
for (let y = 0; y < height; y++) {
  for (let x = 0; x < width; x++) {
    const [u, v] = [Math.floor(x / scale), Math.floor(y / scale)]
    const image = images[Math.floor(v / side) * columns + Math.floor(u / side)]
    const from = ((v % side) * side + (u % side)) * 3
    if (image !== undefined) data.set(image.data.subarray(from, from + 3), (y * width + x) * 3)
  }
}
await mkdir('docs/pictures', { recursive: true })
await writeFile('docs/pictures/emoji.png', encode({ width, height, channels: 3, depth: 8, data }))
