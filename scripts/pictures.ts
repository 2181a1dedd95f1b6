/** Generates the images of the README with the embedded model, its defaults and fixed seeds: `npx -y pnpm@12 pictures`. */
import { mkdir, writeFile } from 'node:fs/promises'
import { model } from '@fewstep/model-emoji'
import { textToImage } from '@fewstep/pipelines'
import { directory, nodeRuntime } from '@fewstep/runtime-node'
import { gridOf } from './support/grid.ts'

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
const runtime = nodeRuntime()
const pipe = await textToImage(directory(model), { runtime })
const images = await pipe.generate(prompts, { seed: 7 })
await runtime.dispose()
await mkdir('docs/pictures', { recursive: true })
await writeFile('docs/pictures/emoji.png', gridOf(images, 8, 2))
