import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { model } from '@fewstep/model-emoji'
import { readSettings } from 'fewstep'
import { afterAll, expect, test } from 'vitest'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'fewstep-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Result = { readonly code: number | null; readonly out: string; readonly err: string }
function fewstep(args: readonly string[], interruptAfter?: number): Promise<Result> {
  const child = spawn(execPath, ['--conditions=@fewstep/source', main, ...args], { cwd: folder })
  let [out, err] = ['', '']
  child.stdout.on('data', data => {
    out += data
  })
  child.stderr.on('data', data => {
    err += data
  })
  if (interruptAfter !== undefined) setTimeout(() => child.kill('SIGINT'), interruptAfter)
  return new Promise(resolve => child.on('close', code => resolve({ code, out, err })))
}

test('a picture repeats from the settings that it carries', async () => {
  const first = await fewstep([
    'generate',
    'a ★ café',
    '--steps',
    '3',
    '--seed',
    '7',
    '--solver',
    'ddim:eta=0.5',
    '--out',
    'a.png',
    '--json',
  ])
  expect(first).toMatchObject({ code: 0, err: '' })
  expect(JSON.parse(first.out)).toMatchObject({ file: 'a.png', seed: 7, steps: 3, evaluations: 3 })
  expect(await readSettings(join(folder, 'a.png'))).toMatchObject({ prompt: 'a ★ café', solver: 'ddim:eta=0.5' })
  expect((await fewstep(['generate', '--from', 'a.png', '--out', 'b.png'])).code).toBe(0)
  const { readFileSync } = await import('node:fs')
  expect(readFileSync(join(folder, 'b.png'))).toEqual(readFileSync(join(folder, 'a.png')))
})

test('several pictures have the seeds in their names, and nothing is replaced', async () => {
  expect((await fewstep(['generate', 'x', '--steps', '1', '--seed', '1', '--count', '2'])).code).toBe(0)
  expect((await fewstep(['generate', 'x', '--steps', '1', '--seed', '1'])).code).toBe(0)
  expect(readdirSync(folder)).toEqual(expect.arrayContaining(['x-1.png', 'x-2.png', 'x-1-2.png']))
})

test.each([
  [['--solver', 'dpmpp-2n'], 2, /did you mean dpmpp-2m/],
  [['--solver', 'ddim:eta=7'], 2, /eta/],
  [['--solver', 'euler:churn=1'], 2, /churn/],
  [['--schedule', 'karos'], 2, /did you mean karras/],
  [['--steps', '0'], 2, /--steps must be a whole number of at least 1/],
  [['--steps', '1.5'], 2, /--steps/],
  [['--guidance', 'NaN'], 2, /--guidance must be a number/],
  [['--seed', 'x'], 2, /--seed/],
  [['--width', '65'], 2, /multiple of 4/],
  [['--out', 'no/such/folder/x.png'], 2, /does not exist/],
  [['--device', 'abacus'], 2, /cpu, webgpu/],
  [['--frobnicate'], 2, /unknown option/],
  [['--from', 'nothing.png'], 2, /cannot be read/],
  [['--model', 'nowhere'], 1, /scheduler_config.json is missing/],
] as const)('%j is one clear line, exit code %d, and no file', async (args, code, message) => {
  const before = readdirSync(folder)
  const result = await fewstep(['generate', 'y', ...args])
  expect(result.code).toBe(code)
  expect(result.err.trim()).toMatch(message)
  expect(result.err.trim().split('\n')).toHaveLength(1)
  expect(readdirSync(folder)).toEqual(before)
})

test('a truncated model is named, and so is a missing part', async () => {
  const copy = join(folder, 'copy')
  cpSync(fileURLToPath(model), copy, { recursive: true })
  truncateSync(join(copy, 'unet/model.onnx'), 100_000)
  const truncated = await fewstep(['generate', 'y', '--model', copy])
  expect(truncated).toMatchObject({ code: 1, err: expect.stringMatching(/unet.model\.onnx.*truncated/) })
  rmSync(join(copy, 'unet/model.onnx'))
  expect(await fewstep(['generate', 'y', '--model', copy])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/unet\/model\.onnx is missing/),
  })
})

test('an interruption leaves no file', async () => {
  const before = readdirSync(folder)
  const result = await fewstep(['generate', 'z', '--steps', '900'], 3000)
  expect(result).toMatchObject({ code: 130 })
  expect(readdirSync(folder)).toEqual(before)
})
