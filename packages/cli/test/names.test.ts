import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decide } from '@fewstep/pipelines/settings'
import { readSettings } from 'fewstep'
import { expect, test } from 'vitest'
import { emptyFolder, fewstep } from './support/fewstep.ts'

const sd15 = {
  _class_name: 'PNDMScheduler',
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  skip_prk_steps: true,
  steps_offset: 1,
}

function timestepsOf(solver: string | undefined, schedule: string | undefined, steps: number) {
  const { recipe } = decide(sd15, { solver, schedule })
  return recipe.schedule
    .levels(steps, recipe.process)
    .map(({ timestep = 0, sigma }) => (sigma === 0 ? 'end' : timestep))
}

test('settings with names of a program have its timesteps', () => {
  expect(timestepsOf('dpmpp_2m', 'normal', 4)).toEqual([999, 666, 333, 0, 'end'])
  expect(timestepsOf('dpmpp_2m', 'ddim_uniform', 4)).toEqual([751, 501, 251, 1, 'end'])
  expect(timestepsOf('DPM++ 2M Uniform', undefined, 4)).toEqual([999, 666, 333, 0, 'end'])
  expect(timestepsOf(undefined, 'sgm_uniform', 3)).toEqual([999, 666, 333, 'end'])
  // The words of the catalogue stay diffusers'.
  expect(timestepsOf('dpmpp-2m', undefined, 4)).toEqual([999, 749, 500, 250, 'end'])
  for (const name of ['beta', 'Beta'])
    expect(timestepsOf('euler', name, 5)).toEqual(timestepsOf('euler', 'diffusers:beta', 5))
  expect(timestepsOf('euler', 'comfyui:beta', 5)).not.toEqual(timestepsOf('euler', 'beta', 5))
  expect(timestepsOf('a1111:DPM++ 2M:lowerOrderFinal=true', 'a1111:karras:rho=5', 3)[0]).toBe(999)
})

test('image to image counts its steps as the program does', () => {
  const levels = (solver: string) => {
    const { recipe } = decide(sd15, { solver, schedule: solver === 'euler' ? 'linspace' : 'Normal' })
    const { schedule, process, cleanPart } = recipe
    return cleanPart?.(schedule, 0.5).levels(10, process).length
  }
  // 10 of 20 in ComfyUI, 6 of 10 in WebUI, diffusers' own 5 of 10.
  expect([levels('dpmpp_2m'), levels('DPM++ 2M'), levels('euler')]).toEqual([11, 7, undefined])
})

test.each([
  ['DPM++ 2M Karras', undefined],
  ['dpmpp_2m', 'sgm_uniform'],
  ['Restart', 'Uniform'],
  ['Euler a', 'Align Your Steps 11'],
  ['euler', 'Align Your Steps 32'],
  ['PLMS', undefined],
  ['DPM adaptive', undefined],
])('a dry run of --solver %j --schedule %j', async (solver, schedule) => {
  const more = schedule === undefined ? [] : ['--schedule', schedule]
  const dry = await fewstep(emptyFolder(), ['generate', 'x', '--steps', '6', '--solver', solver, ...more, '--dry-run'])
  expect(dry).toMatchObject({ code: 0, err: '' })
})

test.each([
  [['--solver', 'dpmpp_2n'], /did you mean .*dpmpp_2m/],
  [['--solver', 'DPM++ 2N Karras'], /is unknown/],
  [['--solver', 'PLMS', '--schedule', 'Karras'], /PLMS has fixed timesteps/],
  [['--schedule', 'sgm_uniforn'], /sgm_uniform/],
  [['--schedule', 'comfyui:laplace'], /ComfyUI has no laplace/],
  [['--solver', 'res_multistep_cfg_pp'], /use res_multistep/],
])('before a model is opened: %j', async (args, message) => {
  const result = await fewstep(emptyFolder(), ['generate', 'x', ...args])
  expect(result).toMatchObject({ code: 2, out: '', err: expect.stringMatching(message) })
})

test('names of other programs are stored in the image, and repeat it', async () => {
  const folder = emptyFolder()
  const args = ['a red apple', '--steps', '3', '--seed', '7', '--solver', 'dpmpp_2m', '--schedule', 'sgm_uniform']
  expect((await fewstep(folder, ['generate', ...args, '--out', 'a.png'])).code).toBe(0)
  expect(await readSettings(join(folder, 'a.png'))).toMatchObject({ solver: 'dpmpp_2m', schedule: 'sgm_uniform' })
  expect((await fewstep(folder, ['generate', '--from', 'a.png', '--out', 'b.png'])).code).toBe(0)
  expect(readFileSync(join(folder, 'b.png'))).toEqual(readFileSync(join(folder, 'a.png')))
})
