import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { getuid, platform } from 'node:process'
import { fileURLToPath } from 'node:url'
import { model } from '@fewstep/model-emoji'
import { externalSizes, readModel, writeModel } from '@fewstep/onnx-graph'
import { describe, expect, test } from 'vitest'
import { takeWeights } from '../../../test/support/external-weights.ts'
import { writeTogether } from '../src/write-together.ts'
import { emptyFolder, fewstep } from './support/fewstep.ts'

const linux = test.skipIf(platform === 'win32')

const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 51000000\n`

/** The embedded U-Net with its weights outside: in `folder/model.onnx` and `folder/weights.bin`. */
function outside(folder: string, graph = 'unet'): { readonly graph: Buffer; readonly weights: Uint8Array } {
  const unet = readModel(new Uint8Array(readFileSync(fileURLToPath(new URL(`${graph}/model.onnx`, model)))))
  const weights = takeWeights(unet, 'weights.bin')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'weights.bin'), weights)
  writeFileSync(join(folder, 'model.onnx'), writeModel(unet))
  return { graph: readFileSync(join(folder, 'model.onnx')), weights }
}

/** The same as a snapshot of Hugging Face's cache: links into the blobs. */
function snapshot(folder: string): { readonly place: string; readonly weights: Uint8Array } {
  const place = join(folder, 'snapshots/1f/unet')
  const { weights } = outside(place)
  mkdirSync(join(folder, 'blobs'))
  for (const [i, name] of ['model.onnx', 'weights.bin'].entries()) {
    writeFileSync(join(folder, 'blobs', `a${i}`), readFileSync(join(place, name)))
    rmSync(join(place, name))
    symlinkSync(`../../../blobs/a${i}`, join(place, name))
  }
  return { place, weights }
}

const commands: readonly (readonly [name: string, args: readonly string[], graphs: readonly string[]])[] = [
  ['cut', ['--out', 'out'], ['out/full.onnx', 'out/shallow.onnx']],
  ['fold', ['--out', 'out/folded.onnx'], ['out/folded.onnx']],
]

describe.each(commands)('%s', (command, args, graphs) => {
  const all = [...graphs, 'out/weights.bin'].map(path => path.slice('out/'.length)).sort()
  const run = (folder: string, from = 'from/model.onnx') => fewstep(folder, [command, from, ...args])

  function expectGraphs(folder: string, weights: Uint8Array): void {
    expect(readdirSync(join(folder, 'out')).sort()).toEqual(all)
    for (const name of all) expect(lstatSync(join(folder, 'out', name)).isFile()).toBe(true)
    expect(readFileSync(join(folder, 'out/weights.bin')).equals(weights)).toBe(true)
    for (const path of graphs) {
      const graph = readModel(new Uint8Array(readFileSync(join(folder, path))))
      const [[name, needed]] = [...externalSizes(graph)] as [[string, number]]
      expect(name).toBe('weights.bin')
      expect(needed).toBeLessThanOrEqual(weights.length)
    }
  }

  linux('a snapshot of links gives files, with the weights themselves', async () => {
    const folder = emptyFolder()
    const { weights } = snapshot(folder)
    mkdirSync(join(folder, 'out'))
    expect(await run(folder, 'snapshots/1f')).toMatchObject({ code: 0, err: '' })
    rmSync(join(folder, 'snapshots'), { recursive: true })
    expectGraphs(folder, weights)
  })

  test('older weights of the same name are replaced', async () => {
    const folder = emptyFolder()
    const { weights } = outside(join(folder, 'from'))
    mkdirSync(join(folder, 'out'))
    writeFileSync(join(folder, 'out/weights.bin'), new Uint8Array(weights.length))
    for (const path of graphs) writeFileSync(join(folder, path), 'older')
    expect((await run(folder)).code).toBe(0)
    expectGraphs(folder, weights)
    // And again, where all is there already.
    expect((await run(folder)).code).toBe(0)
    expectGraphs(folder, weights)
  })

  linux('a link in the place of what is written is replaced, not what it leads to', async () => {
    const folder = emptyFolder()
    const { weights } = outside(join(folder, 'from'))
    mkdirSync(join(folder, 'out'))
    writeFileSync(join(folder, 'precious'), 'mine')
    for (const name of all) symlinkSync('../precious', join(folder, 'out', name))
    expect((await run(folder)).code).toBe(0)
    expectGraphs(folder, weights)
    expect(readFileSync(join(folder, 'precious'), 'utf8')).toBe('mine')
  })

  test.each([
    ['missing weights', 'weights.bin', undefined, /weights\.bin has weights of .*cannot be read: no such file/],
    ['weights that are a pointer', 'weights.bin', pointer, /weights\.bin is a Git LFS pointer.*run "git lfs pull"/],
    [
      'weights that are cut off',
      'weights.bin',
      1000,
      /weights\.bin is cut off: .* needs \d+ bytes of it, but it has 1000/,
    ],
    ['a graph that is a pointer', 'model.onnx', pointer, /model\.onnx is a Git LFS pointer.*run "git lfs pull"/],
    ['a graph that is cut off', 'model.onnx', 1000, /model\.onnx: .*not an ONNX model, or are cut off/],
  ] as const)('%s: the message says so, and nothing is written', async (_, name, content, message) => {
    const folder = emptyFolder()
    outside(join(folder, 'from'))
    mkdirSync(join(folder, 'out'))
    const path = join(folder, 'from', name)
    if (content === undefined) rmSync(path)
    else if (typeof content === 'number') truncateSync(path, content)
    else writeFileSync(path, content)
    const { code, err } = await run(folder)
    expect(err).toMatch(message)
    expect(err.trimEnd().split('\n')).toHaveLength(1)
    expect(code).toBe(1)
    expect(readdirSync(join(folder, 'out'))).toEqual([])
  })

  test('weights that another graph there uses are not replaced', async () => {
    const folder = emptyFolder()
    outside(join(folder, 'from'))
    const { weights } = outside(join(folder, 'out'), 'vae_decoder')
    const { code, err } = await run(folder)
    expect(err).toMatch(/out.weights\.bin has the weights of model\.onnx already; choose another folder/)
    expect(code).toBe(2)
    expect(readdirSync(join(folder, 'out')).sort()).toEqual(['model.onnx', 'weights.bin'])
    expect(readFileSync(join(folder, 'out/weights.bin')).equals(weights)).toBe(true)
  })

  test('a folder with the name of a file: nothing changes', async () => {
    const folder = emptyFolder()
    outside(join(folder, 'from'))
    mkdirSync(join(folder, 'out/weights.bin'), { recursive: true })
    writeFileSync(join(folder, graphs[0]!), 'older')
    const { code, err } = await run(folder)
    expect(err).toMatch(/out.weights\.bin cannot be written: this is a folder/)
    expect(code).toBe(1)
    expect(readdirSync(join(folder, 'out')).sort()).toEqual([graphs[0]!.slice(4), 'weights.bin'].sort())
    expect(readFileSync(join(folder, graphs[0]!), 'utf8')).toBe('older')
  })

  test('into the folder of the model itself', async () => {
    const folder = emptyFolder()
    const { graph, weights } = outside(join(folder, 'out'))
    expect((await run(folder, 'out/model.onnx')).code).toBe(0)
    expect(readdirSync(join(folder, 'out')).sort()).toEqual([...all, 'model.onnx'].sort())
    expect(readFileSync(join(folder, 'out/model.onnx')).equals(graph)).toBe(true)
    expect(readFileSync(join(folder, 'out/weights.bin')).equals(weights)).toBe(true)
  })
})

linux('a graph is folded in place, and the blob that it was a link to stays', async () => {
  const folder = emptyFolder()
  const { place, weights } = snapshot(folder)
  const blob = readFileSync(join(folder, 'blobs/a0'))
  const path = join(place, 'model.onnx')
  expect((await fewstep(folder, ['fold', path, '--out', path])).code).toBe(0)
  expect(lstatSync(path).isFile()).toBe(true)
  expect(readFileSync(join(folder, 'blobs/a0')).equals(blob)).toBe(true)
  expect(readFileSync(join(place, 'weights.bin')).equals(weights)).toBe(true)
  expect(readdirSync(place).sort()).toEqual(['model.onnx', 'weights.bin'])
})

test('a graph does not take the name of its weights', async () => {
  const folder = emptyFolder()
  outside(join(folder, 'from'))
  const { code, err } = await fewstep(folder, ['fold', 'from/model.onnx', '--out', 'from/weights.bin'])
  expect(err).toMatch(/--out: from.weights\.bin is the name of the model's weights too/)
  expect(code).toBe(2)
})

test('cut needs a folder, or a path where one can be created', async () => {
  const folder = emptyFolder()
  writeFileSync(join(folder, 'file'), '')
  const { code, err } = await fewstep(folder, ['cut', fileURLToPath(model), '--out', 'file'])
  expect(err).toMatch(/--out: .*file is a file; name a folder/)
  expect(code).toBe(2)
})

describe('files are written together', () => {
  const bytes = (text: string) => new TextEncoder().encode(text)

  test('where the last file fails, the files before are restored, and new folders are removed', async () => {
    const folder = emptyFolder()
    mkdirSync(join(folder, 'there'))
    writeFileSync(join(folder, 'there/a'), 'older')
    const files = ['there/a', 'there/b', 'new/and/deep/c'].map(name => ({
      path: join(folder, name),
      content: bytes(name),
    }))
    const missing = { path: join(folder, 'there/d'), content: { copyOf: join(folder, 'nowhere') } }
    await expect(writeTogether([...files, missing])).rejects.toThrow(/there.d cannot be written: no such file/)
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual(['there', join('there', 'a')])
    expect(readFileSync(join(folder, 'there/a'), 'utf8')).toBe('older')
    await writeTogether(files)
    expect(readFileSync(join(folder, 'there/a'), 'utf8')).toBe('there/a')
    expect(readdirSync(join(folder, 'there')).sort()).toEqual(['a', 'b'])
    expect(readdirSync(join(folder, 'new/and/deep'))).toEqual(['c'])
  })

  // Root may write anywhere.
  test.skipIf(platform === 'win32' || getuid?.() === 0)('a folder that may not be written', async () => {
    const folder = emptyFolder()
    mkdirSync(join(folder, 'closed'))
    chmodSync(join(folder, 'closed'), 0o500)
    const files = ['open', 'closed/a'].map(name => ({ path: join(folder, name), content: bytes(name) }))
    await expect(writeTogether(files)).rejects.toThrow(/closed.a cannot be written: permission denied/)
    expect(readdirSync(folder)).toEqual(['closed'])
  })

  linux('a copy of a link is a file, without a second copy of its content', async () => {
    const folder = emptyFolder()
    writeFileSync(join(folder, 'blob'), 'content')
    symlinkSync('blob', join(folder, 'link'))
    const path = join(folder, 'copy')
    await writeTogether([{ path, content: { copyOf: join(folder, 'link') } }])
    expect(lstatSync(path).isFile()).toBe(true)
    expect(statSync(path).ino).toBe(statSync(join(folder, 'blob')).ino)
  })
})

// The process is stopped when the first file under another name is there.
linux('an interruption while graphs are written leaves nothing', async () => {
  const folder = emptyFolder()
  outside(join(folder, 'from'))
  const out = join(folder, 'out')
  const { code } = await fewstep(folder, ['cut', 'from/model.onnx', '--out', 'out'], child => {
    const look = setInterval(() => {
      if (child.exitCode !== null) return clearInterval(look)
      if (!existsSync(out) || readdirSync(out).length === 0) return
      clearInterval(look)
      child.kill('SIGINT')
    }, 1)
  })
  const left = existsSync(out) ? readdirSync(out).sort() : []
  // It may come too late to stop anything.
  expect(left).toEqual(code === 0 || left.length > 0 ? ['full.onnx', 'shallow.onnx', 'weights.bin'] : [])
})
