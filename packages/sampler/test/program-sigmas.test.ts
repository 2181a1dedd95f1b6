import { readFileSync } from 'node:fs'
import { chooseAdaptive, chooseRecipe } from '@fewstep/sampler/diffusers'
import { findNames } from '@fewstep/sampler/names'
import { describe, expect, test } from 'vitest'

/** Levels of the programs themselves, by reference/program_sigmas.py; text where the program fails. */
type Runs = Readonly<Record<string, Readonly<Record<string, readonly number[] | string>>>>
type Group = { readonly samplers: readonly string[]; readonly sigmas: Runs }
type Part = {
  readonly sampler: string
  readonly scheduler: string
  readonly steps: number
  readonly denoise: number
  readonly sigmas: readonly number[] | string
}
type Model = {
  readonly groups: readonly Group[]
  readonly timesteps: Readonly<Record<string, readonly number[]>>
  readonly denoise: readonly Part[]
}
const data: { readonly comfyui: Readonly<Record<string, Model>>; readonly a1111: Pick<Model, 'groups'> } = JSON.parse(
  readFileSync(new URL('../../../reference/data/program-sigmas.json', import.meta.url), 'utf8'),
)

const sd15 = {
  _class_name: 'PNDMScheduler',
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  skip_prk_steps: true,
  steps_offset: 1,
  clip_sample: false,
}
const models: Readonly<Record<string, object>> = {
  sd15,
  'sd15-zero-snr': {
    ...sd15,
    _class_name: 'DDIMScheduler',
    prediction_type: 'v_prediction',
    rescale_betas_zero_snr: true,
  },
}
/** Samplers of ComfyUI with no counterpart here. */
const missing = [
  'dpmpp_2s_ancestral_cfg_pp',
  'res_multistep_cfg_pp',
  'res_multistep_ancestral_cfg_pp',
  'gradient_estimation_cfg_pp',
]

function recipeOf(config: object, solver: string, schedule: string) {
  const named = findNames({ solver: { name: solver }, schedule: { name: schedule } })
  if (chooseAdaptive(named.solver!) === undefined) return chooseRecipe(config, named)
  return chooseRecipe(config, { schedule: named.schedule! })
}

function ratiosOf(config: object, solver: string, schedule: string, steps: number, strength = 1): readonly number[] {
  const { schedule: made, process, cleanPart } = recipeOf(config, solver, schedule)
  const part = strength === 1 ? made : cleanPart!(made, strength)
  return part.levels(steps, process).map(({ alpha, sigma }) => sigma / alpha)
}

/** The largest relative difference. */
function apart(got: readonly number[], expected: readonly number[]): number {
  expect(got.length).toBe(expected.length)
  return Math.max(...got.map((value, i) => (expected[i] === 0 ? Math.abs(value) : Math.abs(value / expected[i]! - 1))))
}

describe.each(
  Object.entries(models).flatMap(([name, config]) =>
    data.comfyui[name]!.groups.flatMap(({ samplers, sigmas }) =>
      samplers.filter(sampler => !missing.includes(sampler)).map(sampler => ({ name, config, sampler, sigmas })),
    ),
  ),
)('ComfyUI, $name: $sampler', ({ name, config, sampler, sigmas }) => {
  test.each(Object.keys(sigmas))('has the levels of %s', scheduler => {
    // The program's own words, and with its name before them.
    const own = sampler.includes('_') || sampler === 'deis' || !'karras exponential beta simple'.includes(scheduler)
    for (const [steps, expected] of Object.entries(sigmas[scheduler]!)) {
      if (typeof expected === 'string') continue
      const program = own ? '' : 'comfyui:'
      const got = ratiosOf(config, `${program}${sampler}`, scheduler, Number(steps))
      // At zero terminal SNR the table is rescaled in float32 there.
      expect(apart(got, expected), `${steps} steps`).toBeLessThan(name === 'sd15' ? 1e-6 : 2e-5)
      expect(got.at(-1)).toBe(0)
    }
  })
})

test.each(Object.entries(data.comfyui.sd15!.timesteps))(
  'ComfyUI tells the network whole timesteps: %s',
  (scheduler, expected) => {
    const { schedule, process } = recipeOf(sd15, 'dpmpp_2m', scheduler)
    expect(
      schedule
        .levels(10, process)
        .map(level => level.timestep ?? 0)
        .slice(0, -1),
    ).toEqual(expected)
  },
)

test.each(data.comfyui.sd15!.denoise)('ComfyUI at denoise $denoise: $sampler $scheduler $steps', part => {
  const { sampler, scheduler, steps, denoise, sigmas } = part
  if (typeof sigmas === 'string') return
  const got = ratiosOf(sd15, `comfyui:${sampler}`, scheduler, steps, denoise)
  expect(apart(got, sigmas)).toBeLessThan(1e-6)
})

describe.each(data.a1111.groups.flatMap(({ samplers, sigmas }) => samplers.map(sampler => ({ sampler, sigmas }))))(
  'WebUI: $sampler',
  ({ sampler, sigmas }) => {
    test.each(Object.keys(sigmas))('has the levels of %s', scheduler => {
      for (const [steps, expected] of Object.entries(sigmas[scheduler]!)) {
        if (typeof expected === 'string') continue
        const got = ratiosOf(sd15, `a1111:${sampler}`, scheduler, Number(steps))
        expect(apart(got, expected), `${steps} steps`).toBeLessThan(1e-6)
        // Its KL Optimal alone keeps the cleanest level.
        if (scheduler !== 'KL Optimal') expect(got.at(-1)).toBe(0)
      }
    })
  },
)
