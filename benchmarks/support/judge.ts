import { readFile } from 'node:fs/promises'
import type { Pixels } from '@fewstep/pipelines'
import type { Runtime } from '@fewstep/runtime'
import { directory } from '@fewstep/runtime-node'
import type { Statistics } from './frechet.ts'

const folder = new URL('../../training/judge/', import.meta.url)
const side = 64
const batch = 64

/** What the judge says of an image. */
type Judgement = {
  /** 128 numbers for {@link Judge.real}. */
  readonly features: Float32Array
  /** The five names that fit best, the best first, and the best things regardless of the colours in their names. */
  readonly names: readonly string[]
  readonly nouns: readonly string[]
  readonly colour: string
}

export type Judge = {
  /** @throws Error for an image of another size than 64×64 */
  judge(pictures: readonly Pixels[]): Promise<readonly Judgement[]>
  /** Features of the real images. */
  readonly real: Statistics
  /** The shares of right ones among real images, and the distance of 2,048 real images to all. */
  readonly scores: RealScores
  /** The names that it knows, in words. */
  readonly known: ReadonlySet<string>
  dispose(): Promise<void>
}

type Real = { readonly pictures: number; readonly fiveBest: number; readonly best: number }
export type RealScores = {
  readonly real: Real
  readonly prompts: Real
  readonly unseen: Real
  readonly recoloured: { readonly pictures: number; readonly colour: number }
  readonly frechet: { readonly pictures: number; readonly distance: number }
}

/** The image–name matcher of `training/judge`, an image at a time or many. */
export async function openJudge(runtime: Runtime): Promise<Judge> {
  const json = async <T>(name: string): Promise<T> => JSON.parse(await readFile(new URL(name, folder), 'utf8')) as T
  const words = await json<Readonly<Record<'names' | 'nouns' | 'colours', readonly string[]>>>('names.json')
  const numbers = new Float32Array(Uint8Array.from(await readFile(new URL('real.f32', folder))).buffer)
  const width = Math.round((Math.sqrt(1 + 4 * numbers.length) - 1) / 2)
  const session = await runtime.open(await directory(folder).model('judge.onnx'))
  const outputs = ['features', 'names', 'colours'] as const
  return {
    real: { mean: numbers.subarray(0, width), covariance: numbers.subarray(width) },
    scores: await json<RealScores>('real.json'),
    known: new Set(words.names),
    dispose: session.dispose,
    async judge(pictures) {
      const out: Judgement[] = []
      for (let i = 0; i < pictures.length; i += batch) {
        const some = pictures.slice(i, i + batch)
        const made = await session.run({ pixels: pixelsOf(some) }, { outputs })
        const rows = (name: (typeof outputs)[number]): readonly Float32Array[] => {
          const { data } = made[name]!
          const length = data!.length / some.length
          return some.map((_, row) => (data as Float32Array).slice(row * length, (row + 1) * length))
        }
        const [features, names, colours] = outputs.map(rows)
        for (const row of some.keys()) {
          out.push({
            features: features![row]!,
            names: best(names![row]!, words.names, 5),
            nouns: best(names![row]!, words.nouns, 5),
            colour: best(colours![row]!, words.colours, 1)[0]!,
          })
        }
      }
      return out
    },
  }
}

/** The different words of the highest scores. */
function best(scores: Float32Array, words: readonly string[], count: number): readonly string[] {
  const order = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]!)
  return [...new Set(order.slice(0, 8 * count).map(i => words[i]!))].slice(0, count)
}

/** Bytes → [count, 3, 64, 64] from −1 to 1. */
function pixelsOf(pictures: readonly Pixels[]) {
  const plane = side * side
  const data = new Float32Array(pictures.length * 3 * plane)
  for (const [row, picture] of pictures.entries()) {
    if (picture.width !== side || picture.height !== side)
      throw new Error(`the judge knows images of ${side}×${side}, got ${picture.width}×${picture.height}`)
    for (let c = 0; c < 3; c++)
      for (let i = 0; i < plane; i++) data[(3 * row + c) * plane + i] = picture.data[3 * i + c]! / 127.5 - 1
  }
  return { type: 'float32', shape: [pictures.length, 3, side, side], data } as const
}
