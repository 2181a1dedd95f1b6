import { existsSync } from 'node:fs'
import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pixels } from '@fewstep/pipelines'

/** What to draw: images are numbered by their place in the list of wishes. */
export type Wish = { readonly prompt: string; readonly seed: number }

const side = 64
const bytes = 3 * side * side

/**
 * Generates the images of `wishes` in order and keeps them in `FOLDER/NAME.u8`. Images that are there already are not generated
 * again, so it resumes where it was stopped. `FOLDER/NAME.json` has the wishes.
 *
 * @throws Error where the folder has images of other wishes, or an image of another size than 64×64 comes
 */
export async function stocked(
  folder: string,
  name: string,
  wishes: readonly Wish[],
  draw: (wish: Wish) => Promise<Pixels>,
  onImage: (done: number) => void = () => {},
): Promise<readonly Pixels[]> {
  await mkdir(folder, { recursive: true })
  await checkWishes(join(folder, `${name}.json`), wishes)
  const file = await open(join(folder, `${name}.u8`), 'a+')
  try {
    const { size } = await file.stat()
    const there = Math.min(wishes.length, Math.floor(size / bytes))
    // An incomplete image at the end is dropped.
    if (size % bytes !== 0) await file.truncate(size - (size % bytes))
    for (const [i, wish] of wishes.entries()) {
      if (i < there) continue
      const { width, height, data } = await draw(wish)
      if (width !== side || height !== side)
        throw new Error(`the judge needs images of ${side}×${side}, but the model gave ${width}×${height}`)
      await file.appendFile(data)
      onImage(i + 1)
    }
    const all = Buffer.alloc(wishes.length * bytes)
    await file.read(all, 0, all.length, 0)
    return wishes.map((_, i) => ({
      width: side,
      height: side,
      data: new Uint8ClampedArray(all.subarray(i * bytes, (i + 1) * bytes)),
    }))
  } finally {
    await file.close()
  }
}

/** Fewer or more of the same are welcome. */
async function checkWishes(path: string, wishes: readonly Wish[]): Promise<void> {
  const before = existsSync(path) ? (JSON.parse(await readFile(path, 'utf8')) as readonly Wish[]) : []
  const other = before.findIndex((wish, i) => {
    const now = wishes[i]
    return now !== undefined && (wish.prompt !== now.prompt || wish.seed !== now.seed)
  })
  if (other !== -1)
    throw new Error(`${path} has other wishes from number ${other} on; remove its folder to start again`)
  if (before.length >= wishes.length) return
  await writeFile(`${path}.tmp`, JSON.stringify(wishes))
  await rename(`${path}.tmp`, path)
}
