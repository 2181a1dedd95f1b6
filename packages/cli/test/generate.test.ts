import { existsSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decode, encode } from 'fast-png'
import { readSettings } from 'fewstep'
import { expect, test } from 'vitest'
import { emptyFolder, fewstep } from './support/fewstep.ts'

test('an image repeats from the settings that it carries', async () => {
  const folder = emptyFolder()
  const args = ['a ★ café', '--steps', '3', '--seed', '7', '--solver', 'ddim:eta=0.5', '--schedule', 'trailing']
  const first = await fewstep(folder, ['generate', ...args, '--negative', 'red', '--out', 'a.png', '--json'])
  expect(first).toMatchObject({ code: 0, err: '' })
  const said = JSON.parse(first.out)
  expect(said).toMatchObject({ file: 'a.png', files: ['a.png'], seed: 7, steps: 3, evaluations: 3, width: 64 })
  expect(said.seconds).toBeGreaterThan(said.secondsDrawing)
  expect(await readSettings(join(folder, 'a.png'))).toMatchObject({
    prompt: 'a ★ café',
    negative: 'red',
    solver: 'ddim:eta=0.5',
    schedule: 'trailing',
  })
  expect((await fewstep(folder, ['generate', '--from', 'a.png', '--out', 'b.png'])).code).toBe(0)
  expect(readFileSync(join(folder, 'b.png'))).toEqual(readFileSync(join(folder, 'a.png')))
})

test('so does one that was drawn from an image, as long as that is there and the same', async () => {
  const folder = emptyFolder()
  const start = encode({ width: 80, height: 64, channels: 1, depth: 8, data: new Uint8Array(80 * 64).fill(90) })
  writeFileSync(join(folder, 'start.png'), start)
  const args = ['a sun', '--image', 'start.png', '--strength', '0.7', '--steps', '4', '--seed', '7', '--out', 'a.png']
  expect((await fewstep(folder, ['generate', ...args])).code).toBe(0)
  expect(decode(readFileSync(join(folder, 'a.png')))).toMatchObject({ width: 80, height: 64 })
  expect((await fewstep(folder, ['generate', '--from', 'a.png', '--out', 'b.png'])).code).toBe(0)
  expect(readFileSync(join(folder, 'b.png'))).toEqual(readFileSync(join(folder, 'a.png')))

  writeFileSync(join(folder, 'start.png'), encode({ ...decode(start), data: new Uint8Array(80 * 64).fill(91) }))
  expect(await fewstep(folder, ['generate', '--from', 'a.png', '--out', 'c.png'])).toMatchObject({
    code: 2,
    err: expect.stringMatching(/start.png has changed since a.png was generated from it; name it with --image/),
  })
  rmSync(join(folder, 'start.png'))
  expect(await fewstep(folder, ['generate', '--from', 'a.png', '--out', 'c.png'])).toMatchObject({
    code: 2,
    err: expect.stringMatching(/drawn from: .*start.png cannot be read/),
  })
  expect(readdirSync(folder).sort()).toEqual(['a.png', 'b.png'])
})

test('caches are kept in the image, and a dry run prints what each call would compute', async () => {
  const folder = emptyFolder()
  const args = ['a red apple', '--steps', '6', '--seed', '7', '--cache', 'deepcache', '--cache', 'tgate:gate=4']
  const dry = await fewstep(folder, ['generate', ...args, '--solver', 'ddim', '--dry-run'])
  expect(dry).toMatchObject({ code: 0, err: '' })
  expect(dry.out.split('\n').slice(0, 6)).toEqual([
    '0  full ×2',
    '1  shallow ×2',
    '2  shallow ×2',
    '3  full ×2',
    '4  gated',
    '5  gated shallow',
  ])
  expect(dry.out).toMatch(/6 steps, 6 model evaluations, \d+ % of the multiply-adds/)
  const json = JSON.parse((await fewstep(folder, ['generate', ...args, '--dry-run', '--json'])).out)
  expect(json.work).toBeLessThan(0.7)
  expect(json.cells.map(({ deep }: { readonly deep: string }) => deep)).toContain('reuse')
  expect(readdirSync(folder)).toEqual([])

  const freeu = ['--freeu', '1.2,1.4,0.9,0.2']
  expect((await fewstep(folder, ['generate', ...args, ...freeu, '--out', 'a.png'])).code).toBe(0)
  expect((await readSettings(join(folder, 'a.png'))).caches).toEqual([
    'deepcache',
    'tgate:gate=4',
    'freeu:b1=1.2,b2=1.4,s1=0.9,s2=0.2',
  ])
  expect((await fewstep(folder, ['generate', '--from', 'a.png', '--out', 'b.png'])).code).toBe(0)
  expect(readFileSync(join(folder, 'b.png'))).toEqual(readFileSync(join(folder, 'a.png')))
})

test('guidance of 1 or less is no guidance: what is drawn, repeated and counted, and the negative prompt is said to be unused', async () => {
  const folder = emptyFolder()
  const args = ['generate', 'a red apple', '--steps', '2', '--seed', '7']
  const none = await fewstep(folder, [...args, '--guidance', '1', '--out', '1.png'])
  expect(none).toMatchObject({ code: 0, err: expect.not.stringMatching(/warning/) })
  const pixels = (file: string) => decode(readFileSync(join(folder, file))).data
  const edge = await fewstep(folder, [...args, '--guidance', '0', '--negative', 'red', '--out', '0.png'])
  expect(edge).toMatchObject({
    code: 0,
    err: expect.stringMatching(/warning: the negative prompt has no effect at guidance 0/),
  })
  expect(pixels('0.png')).toEqual(pixels('1.png'))
  expect((await readSettings(join(folder, '0.png'))).guidance).toBe(0)
  expect((await fewstep(folder, ['generate', '--from', '0.png', '--guidance', '-1', '--out', '-1.png'])).code).toBe(0)
  expect(pixels('-1.png')).toEqual(pixels('1.png'))
  const dry = await fewstep(folder, [
    ...args,
    '--solver',
    'ddim',
    '--guidance',
    '0.5',
    '--negative',
    'red',
    '--dry-run',
  ])
  expect(dry.out).toMatch(/^0 {2}full\n1 {2}full\n\n2 steps, 2 model evaluations, 100 % of the multiply-adds/)
  expect(dry.err).toMatch(/warning: the negative prompt has no effect at guidance 0.5/)
})

test('a solver of adaptive steps draws by name, and noise on a Brownian path is kept in the image', async () => {
  const folder = emptyFolder()
  const solver = 'dpm-adaptive:rtol=0.5,atol=0.1,eta=0.5'
  const args = ['a red apple', '--seed', '7', '--solver', solver, '--noise', 'brownian', '--guidance', '1']
  const dry = await fewstep(folder, ['generate', ...args, '--dry-run'])
  expect(dry).toMatchObject({ code: 0, err: '' })
  expect(dry.out).toMatch(
    /^dpm-adaptive chooses its steps during the run, from sigma\/alpha 1\d\.\d to 0\.0\d+; the number of model evaluations is not known in advance/,
  )
  const json = JSON.parse((await fewstep(folder, ['generate', ...args, '--dry-run', '--json'])).out)
  expect(json).toMatchObject({ solver, noise: 'brownian', steps: null, evaluations: null })

  const drawn = await fewstep(folder, ['generate', ...args, '--out', 'a.png', '--json'])
  expect(drawn).toMatchObject({ code: 0, err: '' })
  expect(JSON.parse(drawn.out).evaluations).toBeGreaterThan(6)
  expect((await readSettings(join(folder, 'a.png'))).noise).toBe('brownian')
  expect((await fewstep(folder, ['generate', '--from', 'a.png', '--out', 'b.png'])).code).toBe(0)
  expect(readFileSync(join(folder, 'b.png'))).toEqual(readFileSync(join(folder, 'a.png')))
})

test('a dry run says what is decided on the way', async () => {
  const decided = ['generate', 'a red apple', '--steps', '3', '--cache', 'first-block:threshold=0.3', '--dry-run']
  const text = await fewstep(emptyFolder(), [...decided, '--solver', 'ddim'])
  expect(text.out).toBe(
    '0  full ×2\n1  full or shallow ×2\n2  full or shallow ×2\n\n3 steps, 3 model evaluations, 100 % of the multiply-adds at most\n',
  )
})

test('several images have the seeds in their names, and nothing is replaced', async () => {
  const folder = emptyFolder()
  expect((await fewstep(folder, ['generate', 'x', '--steps', '1', '--seed', '1', '--count', '2'])).code).toBe(0)
  expect((await fewstep(folder, ['generate', 'x', '--steps', '1', '--seed', '1'])).code).toBe(0)
  expect(readdirSync(folder).sort()).toEqual(['x-1-2.png', 'x-1.png', 'x-2.png'])
  const settings = await Promise.all(['x-1.png', 'x-2.png'].map(file => readSettings(join(folder, file))))
  expect(settings.map(({ seed }) => seed)).toEqual([1, 2])
})

test('a preview has a pixel for each latent', async () => {
  const folder = emptyFolder()
  const args = ['x', '--steps', '2', '--preview', 'small.png', '--out', 'large.png']
  expect((await fewstep(folder, ['generate', ...args])).code).toBe(0)
  expect(decode(readFileSync(join(folder, 'small.png')))).toMatchObject({ width: 16, height: 16, channels: 3 })
})

test('a prompt of 10,000 words is cut with a warning', async () => {
  const folder = emptyFolder()
  const prompt = 'apple '.repeat(10_000)
  const result = await fewstep(folder, ['generate', prompt, '--steps', '1', '--guidance', '1', '--json'])
  expect(result).toMatchObject({
    code: 0,
    err: expect.stringMatching(/^warning: the prompt is longer than the 32.*\n$/),
  })
  expect(result.err).toContain('30 of them for the prompt itself: of its 10000 tokens the last 9970 were cut')
})

test('the warning names the negative prompt where that one is cut', async () => {
  const args = ['generate', 'a star', '--negative', 'apple '.repeat(31), '--steps', '1', '--json']
  const { err } = await fewstep(emptyFolder(), args)
  expect(err).toMatch(/^warning: the negative prompt is longer than .* of its 31 tokens the last one was cut\n$/)
})

// The process is stopped once it has begun to draw, which a preview tells.
test('an interruption in the middle ends it with 130, and leaves nothing', async () => {
  const folder = emptyFolder()
  const preview = join(emptyFolder(), 'preview.png')
  const args = ['z', '--steps', '900', '--out', 'z.png', '--preview', preview]
  const result = await fewstep(folder, ['generate', ...args], child => {
    const watcher = watch(join(preview, '..'), () => {
      if (!existsSync(preview)) return
      watcher.close()
      child.kill('SIGINT')
    })
  })
  expect(result).toMatchObject({ code: 130, err: 'interrupted\n' })
  expect(readdirSync(folder)).toEqual([])
})

test.each(['solvers', 'schedules'])('%s are listed with a line each', async what => {
  const { code, out } = await fewstep(emptyFolder(), [what])
  expect(code).toBe(0)
  for (const name of what === 'solvers' ? ['euler', 'dpmpp-2m', 'pndm'] : ['karras', 'ays-sd15', 'trailing'])
    expect(out).toMatch(new RegExp(`^${name} +\\S.*`, 'm'))
})

test('help names every option, and goes to standard output', async () => {
  const { code, out, err } = await fewstep(emptyFolder(), ['generate', '--help'])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toMatch(/--strength <s>[\s\S]*--json[\s\S]*Examples:[\s\S]*Exit codes:/)
})

test('seeds reach to 2^64-1 in the order, in names, in what is printed and in the image', async () => {
  const folder = emptyFolder()
  const args = ['generate', 'a sun', '--steps', '1', '--seed', '18446744073709551614']
  const made = await fewstep(folder, [...args, '--count', '2', '--json'])
  expect(made).toMatchObject({ code: 0, err: '' })
  expect(JSON.parse(made.out)).toMatchObject({
    seed: '18446744073709551614',
    files: ['a-sun-18446744073709551614.png', 'a-sun-18446744073709551615.png'],
  })
  const last = 'a-sun-18446744073709551615.png'
  expect(await readSettings(join(folder, last))).toMatchObject({ seed: 2n ** 64n - 1n })
  expect((await fewstep(folder, ['generate', '--from', last, '--out', 'again.png'])).code).toBe(0)
  expect(readFileSync(join(folder, 'again.png'))).toEqual(readFileSync(join(folder, last)))
  const planned = await fewstep(folder, [...args, '--dry-run', '--json'])
  expect(JSON.parse(planned.out)).toMatchObject({ seed: '18446744073709551614' })
})
