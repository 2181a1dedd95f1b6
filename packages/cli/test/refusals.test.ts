import { cpSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { model } from '@fewstep/model-emoji'
import { encode } from 'fast-png'
import { describe, expect, test } from 'vitest'
import { emptyFolder, fewstep } from './support/fewstep.ts'

/** One line on standard error, an exit code, and no file that was not there. */
async function refused(folder: string, args: readonly string[], code: number, message: RegExp): Promise<void> {
  const before = readdirSync(folder)
  const result = await fewstep(folder, args)
  expect(result.err).toMatch(message)
  expect(result.err.trimEnd().split('\n')).toHaveLength(1)
  expect({ code: result.code, out: result.out }).toEqual({ code, out: '' })
  expect(readdirSync(folder)).toEqual(before)
}

describe('before a model is opened', () => {
  test.each([
    [['--solver', 'dpmpp-2n'], /did you mean '?dpmpp-2m'?\?/],
    [['--solver', 'ddim:eta=7'], /eta/],
    [['--solver', 'ddim:eta'], /write options as ddim:name=value/],
    [['--solver', 'euler:spin=1'], /spin/],
    [['--schedule', 'karos'], /did you mean '?karras'?\?/],
    [['--steps', '0'], /--steps must be a whole number from 1 to 10000, got 0/],
    [['--steps', '1.5'], /--steps must be a whole number from 1 to 10000, got 1.5/],
    [['--steps', '1e9'], /--steps must be a whole number from 1 to 10000, got 1e9/],
    [['--guidance', 'NaN'], /--guidance must be a finite number, got NaN/],
    [['--guidance', ''], /--guidance must be a finite number/],
    [['--seed', 'x'], /--seed must be a whole number from -2\^63 to 2\^64-1, got x/],
    [['--seed', '1e30'], /--seed must be a whole number.*, got 1e30/],
    [['--seed', '18446744073709551616'], /--seed must be a whole number.*, got 18446744073709551616/],
    [['--seed', '18446744073709551614', '--count', '3'], /--count must be at most 2 from seed 18446744073709551614/],
    [['--count', '0'], /--count must be a whole number from 1 to 10000, got 0/],
    [['--width', '0'], /--width must be a whole number of at least 1, got 0/],
    [['--threads', '0'], /--threads must be a whole number from 1 to 1024, got 0/],
    [['--strength', '0.5'], /--strength needs an image to start from: --image/],
    [['--out', 'no/such/folder/x.png'], /--out: there is no folder no\/such\/folder/],
    [['--out', '.'], /--out: \. is a folder; name a file, such as \.\/image.png/],
    [['--preview', 'no/x.png'], /--preview: there is no folder no/],
    [['--out', 'x.jpg'], /--out: x\.jpg ends in \.jpg, but images are written as PNG; name it x\.png/],
    [['--out', 'x.JPEG'], /--out: x\.JPEG ends in \.JPEG.*name it x\.png/],
    [['--out', 'my.apple.webp'], /ends in \.webp.*name it my\.apple\.png/],
    [['--out', 'x.jpg', '--count', '2'], /ends in \.jpg|name it x/],
    [['--preview', 'x.gif'], /--preview: x\.gif ends in \.gif.*name it x\.png/],
    [['--device', 'abacus'], /--device must be one of cpu, webgpu, .*, got abacus/],
    [['--stepz', '3'], /unknown option '--stepz' \(Did you mean --steps\?\)/],
    [['--steps'], /option '--steps <n>' argument missing/],
    [['--from', 'nothing.png'], /--from: nothing.png cannot be read \(no such file or directory\)/],
    [['--model', 'nowhere'], /--model: nowhere does not exist; name a folder/],
    [['--cache', 'deepcach'], /deepcach is unknown, did you mean '?deepcache'?/],
    [['--cache', 'deepcache:interval=0'], /deepcache: interval must be a whole number of at least 1/],
    [['--cache', 'tgate:gat=4'], /tgate has no option 'gat'/],
    [['--cache', 'deepcache:branch=0,center=90,power=1.4'], /center must be a number from 0 to 25/],
    [['--solver', 'dpm-adaptive:rtol=x'], /rtol must be a number/],
    [['--solver', 'dpm-adaptiv'], /did you mean dpm-adaptive/],
    [['--noise', 'pink'], /noise must be sequential or brownian, got pink/],
    [
      ['--solver', 'dpm-adaptive', '--cache', 'tgate'],
      /tgate must be used with a solver that fixes its evaluations before the run/,
    ],
    [['--freeu', '1,2,3'], /--freeu takes four numbers, b1,b2,s1,s2, got 1,2,3/],
    [['--freeu', '1,2,x,1'], /freeu: s1 must be a number/],
    [['another prompt'], /got 2 prompts; give one prompt, in quotes/],
  ] as const)('%j', async (args, message) => {
    await refused(emptyFolder(), ['generate', 'y', ...args], 2, message)
  })

  test.each([[[]], [['']], [['  ']]])('no prompt: %j', async words => {
    await refused(
      emptyFolder(),
      ['generate', ...words],
      2,
      /the prompt is missing; write what the image should show: fewstep generate "a red apple"/,
    )
  })

  test('an unknown command', async () => {
    await refused(emptyFolder(), ['genrate', 'y'], 2, /unknown command 'genrate' \(Did you mean generate\?\)/)
  })

  test('files that are not PNGs, or have no settings of fewstep', async () => {
    const folder = emptyFolder()
    const png = encode({ width: 64, height: 64, channels: 3, depth: 8, data: new Uint8Array(3 * 64 * 64) })
    writeFileSync(join(folder, 'text.png'), 'This is no image.')
    writeFileSync(join(folder, 'short.png'), png.subarray(0, png.length - 40))
    writeFileSync(join(folder, 'plain.png'), png)
    const text = { width: 1, height: 1, channels: 3, data: new Uint8Array(3) } as const
    writeFileSync(join(folder, 'odd.png'), encode({ ...text, text: { fewstep: '{"prompt":7}' } }))
    for (const [args, message] of [
      [['--from', 'text.png'], /--from: text.png is not a readable PNG/],
      [['--from', 'plain.png'], /--from: plain.png carries no settings of fewstep/],
      [['--from', 'odd.png'], /--from: the settings in odd.png cannot be read \(prompt: /],
      [['--image', 'text.png'], /--image: text.png is not a readable PNG/],
      [['--image', 'short.png'], /--image: short.png is not a readable PNG/],
      [['--image', '.'], /--image: \. cannot be read/],
      [['--image', 'plain.png', '--strength', '0'], /--strength must be .*above 0/],
      [['--image', 'plain.png', '--strength', '2'], /--strength must be a number from 0 to 1, got 2/],
    ] as const) {
      await refused(folder, ['generate', 'y', ...args], 2, message)
    }
  })
})

describe('once a model is opened', () => {
  test('sizes that it cannot draw', async () => {
    const folder = emptyFolder()
    await refused(folder, ['generate', 'y', '--width', '65'], 2, /width must be a multiple of 16 .*, got 65/)
    writeFileSync(
      join(folder, 'x.png'),
      encode({ width: 65, height: 64, channels: 3, data: new Uint8Array(3 * 65 * 64) }),
    )
    await refused(folder, ['generate', 'y', '--image', 'x.png'], 2, /image.width must be a multiple of 16 .*, got 65/)
  })

  test('a strength that leaves no step', async () => {
    const folder = emptyFolder()
    const png = encode({ width: 64, height: 64, channels: 3, data: new Uint8Array(3 * 64 * 64) })
    writeFileSync(join(folder, 'x.png'), png)
    const args = ['generate', 'y', '--image', 'x.png', '--strength', '0.1', '--steps', '5']
    await refused(folder, args, 2, /leaves none of 5 steps/)
  })

  test('more steps than its schedule has', async () => {
    await refused(emptyFolder(), ['generate', 'y', '--steps', '1001'], 2, /1001|1000/)
  })

  test('models that lack something or are cut off', async () => {
    const folder = emptyFolder()
    mkdirSync(join(folder, 'empty'))
    const copy = join(folder, 'copy')
    cpSync(fileURLToPath(model), copy, { recursive: true })
    const draw = ['generate', 'y', '--model', 'copy']
    await refused(folder, ['generate', 'y', '--model', 'empty'], 1, /scheduler_config.json is missing/)
    truncateSync(join(copy, 'unet/model.onnx'), 100_000)
    await refused(folder, draw, 1, /unet.model\.onnx.*truncated/)
    rmSync(join(copy, 'unet/model.onnx'))
    await refused(folder, draw, 1, /unet\/model\.onnx is missing/)
    rmSync(join(copy, 'tokenizer/tokenizer.json'))
    rmSync(join(copy, 'tokenizer/merges.txt'))
    writeFileSync(join(copy, 'unet/model.onnx'), '')
    await refused(folder, draw, 1, /tokenizer\/merges\.txt is missing/)
    writeFileSync(join(copy, 'scheduler/scheduler_config.json'), '{"_class_name": ')
    await refused(folder, draw, 1, /scheduler_config\.json is not readable JSON/)
  })
})

// The system's device for it: writing is possible, and there is never room.
test.runIf(process.platform === 'linux')('a full disk', async () => {
  const args = ['generate', 'y', '--steps', '1', '--guidance', '1', '--out', '/dev/full']
  await refused(emptyFolder(), args, 1, /\/dev\/full cannot be written: no space left on device/)
})
