import { readFileSync } from 'node:fs'
import { estimate } from '@fewstep/sampler'
import { ConfigError, chooseRecipe, fromDiffusersConfig } from '@fewstep/sampler/diffusers'
import { describe, expect, test } from 'vitest'

type Options = Readonly<Record<string, unknown>>
const path = new URL('../../../reference/data/scheduler-classes.json', import.meta.url)
const { classes }: { classes: Readonly<Record<string, Options>> } = JSON.parse(readFileSync(path, 'utf8'))

/** Classes whose own method is refused, with the name that the error holds. */
const refused: Readonly<Record<string, string>> = {
  AmusedScheduler: 'discrete',
  BlockRefinementScheduler: 'discrete',
  DDIMInverseScheduler: 'to noise',
  DPMSolverMultistepInverseScheduler: 'to noise',
  DiscreteDDIMScheduler: 'discrete',
  EntropyBoundScheduler: 'discrete',
  HeliosDMDScheduler: 'stages',
  HeliosScheduler: 'stages',
  PiflowScheduler: 'policy',
  RFD4ProteinaScheduler: 'proteins',
  RePaintScheduler: 'mask',
  ScoreSdeVeScheduler: 'correct_steps',
  ScoreSdeVpScheduler: 'Euler–Maruyama',
  VQDiffusionScheduler: 'discrete',
}

/** Another value of each option, of a class where it needs one of its own, and what else must be said for it to count. */
const others: Readonly<Record<string, readonly [value: unknown, beside?: Options]>> = {
  num_train_timesteps: [500],
  beta_start: [0.0005],
  beta_end: [0.015],
  beta_schedule: ['squaredcos_cap_v2'],
  'UnCLIPScheduler beta_schedule': ['linear'],
  trained_betas: [Array.from({ length: 1000 }, (_, i) => 0.0001 + 0.00001 * i)],
  prediction_type: ['sample'],
  'UnCLIPScheduler prediction_type': ['v_prediction'],
  'PNDMScheduler prediction_type': ['v_prediction'],
  rescale_betas_zero_snr: [true, { prediction_type: 'v_prediction' }],
  snr_shift_scale: [1],
  timestep_spacing: ['trailing'],
  steps_offset: [1, { timestep_spacing: 'leading' }],
  set_alpha_to_one: [false],
  'PNDMScheduler set_alpha_to_one': [true],
  skip_prk_steps: [true],
  final_sigmas_type: ['sigma_min'],
  lambda_min_clipped: [-3],
  use_karras_sigmas: [true],
  use_exponential_sigmas: [true],
  use_beta_sigmas: [true],
  use_lu_lambdas: [true],
  use_flow_sigmas: [true],
  flow_shift: [3, { use_flow_sigmas: true, prediction_type: 'flow_prediction' }],
  shift_terminal: [0.1, { use_flow_sigmas: true, prediction_type: 'flow_prediction' }],
  use_dynamic_shifting: [true],
  sigma_min: [0.1, { use_karras_sigmas: true, sigma_max: 10 }],
  sigma_max: [9, { use_karras_sigmas: true, sigma_min: 0.2 }],
  sigma_data: [0.8],
  sigma_schedule: ['karras', { sigma_schedule: 'exponential' }],
  rho: [5, { sigma_schedule: 'karras' }],
  solver_order: [3],
  solver_type: ['heun'],
  'UniPCMultistepScheduler solver_type': ['bh1'],
  solver_p: [{ _class_name: 'DPMSolverMultistepScheduler' }],
  algorithm_type: ['dpmsolver'],
  'SASolverScheduler algorithm_type': ['noise_prediction'],
  lower_order_final: [false, { solver_order: 3, final_sigmas_type: 'sigma_min' }],
  'DPMSolverSinglestepScheduler lower_order_final': [true, { solver_order: 3, final_sigmas_type: 'sigma_min' }],
  euler_at_final: [true, { final_sigmas_type: 'sigma_min', lower_order_final: false }],
  predict_x0: [false],
  disable_corrector: [[1]],
  predictor_order: [3],
  corrector_order: [1],
  tau_func: ['f'],
  variance_type: ['learned_range'],
  thresholding: [true, { clip_sample: false }],
  dynamic_thresholding_ratio: [0.5, { thresholding: true, sample_max_value: 10 }],
  sample_max_value: [1.5, { thresholding: true }],
  clip_sample: [false, { clip_sample: true }],
  clip_sample_range: [1.5, { clip_sample: true }],
  clip_denoised: [false],
  original_inference_steps: [100],
  timestep_scaling: [5],
  interpolation_type: ['log_linear'],
  timestep_type: ['continuous', { prediction_type: 'v_prediction' }],
  shift: [4],
  invert_sigmas: [true],
  stochastic_sampling: [true],
  scale_factors: [[0.5, 1]],
  eta: [0.5],
  s_noise: [1.5],
  s_churn: [1],
  s_min: [0.5],
  s_max: [1],
  scaler: [2],
  s: [0.02],
}

/** Options that the classes of diffusers 0.42 have and make no use of here, and why. */
const idle: readonly (readonly [name: RegExp, options: readonly string[], why: string])[] = [
  [/^CogVideoX/, ['clip_sample', 'clip_sample_range', 'sample_max_value'], 'its steps clip nothing'],
  [/^TCD/, ['clip_sample', 'clip_sample_range', 'thresholding'], 'its steps clip nothing'],
  [/^TCD/, ['dynamic_thresholding_ratio', 'sample_max_value', 'timestep_scaling'], 'nothing reads them'],
  [/^(TCD|LCM)/, ['timestep_spacing', 'steps_offset'], 'its timesteps are those of the distillation'],
  [/^(TCD|LCM)/, ['set_alpha_to_one'], 'it ends at timestep 0, or with the last answer'],
  [/^(EDM|Cosine|SCM|IPNDM)/, ['num_train_timesteps'], 'its time is continuous'],
  [/^DEIS/, ['solver_type', 'algorithm_type'], 'all that it takes mean the same'],
  [/^DPMSolverSDE/, ['noise_sampler_seed'], 'noise is the caller’s'],
  [/^FlowMatch/, ['base_shift', 'max_shift', 'base_image_seq_len', 'max_image_seq_len'], 'for use_dynamic_shifting'],
  [/./, ['time_shift_type'], 'for use_dynamic_shifting'],
  [/^FlowMatchLCM/, ['upscale_mode'], 'for scale_factors'],
]

/** What a model was trained as, which classes without the option honour, too, where diffusers would sample it wrongly. */
const ofModels = ['rescale_betas_zero_snr', 'use_flow_sigmas', 'shift_terminal', 'flow_shift']

const understood = Object.keys(classes).filter(name => refused[name] === undefined)

test.each(Object.entries(refused))('%s is an error that names it and the reason', (name, reason) => {
  const make = () => fromDiffusersConfig({ _class_name: name })
  expect(make).toThrow(ConfigError)
  expect(make).toThrow(name)
  expect(make).toThrow(reason)
})

test.each(understood)('%s means the same with its defaults in full', name => {
  expect(print({ _class_name: name, ...classes[name] })).toEqual(print({ _class_name: name }))
})

describe.each(understood)('%s', name => {
  const options = Object.keys(classes[name]!).filter(
    option => !idle.some(([of, names]) => of.test(name) && names.includes(option)),
  )
  test.each(options)('%s counts, or is an error that names it', option => {
    const [value, beside] = others[`${name} ${option}`] ?? others[option] ?? []
    expect(value, `another value of ${option}`).not.toBeUndefined()
    const base = { _class_name: name, ...beside }
    const before = print(base)
    let after: unknown
    try {
      after = print({ ...base, [option]: value })
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError)
      expect((error as ConfigError).message).toContain(option)
      return
    }
    expect(after).not.toEqual(before)
  })

  const foreign = Object.keys(others).filter(
    option => /^\w+$/.test(option) && !Object.hasOwn(classes[name]!, option) && !ofModels.includes(option),
  )
  test.each(foreign)('%s is none of its options', option => {
    expect(print({ _class_name: name, [option]: others[option]![0] })).toEqual(print({ _class_name: name }))
  })
})

const inTime = [...understood, 'ScoreSdeVeScheduler', 'ScoreSdeVpScheduler', 'RePaintScheduler']
describe.each(inTime)('%s under a solver and a schedule by name', name => {
  const ends = { sigmaMin: 0.05, sigmaMax: 20 }
  test.each([
    ['karras', ends],
    ['exponential', ends],
    ['flow-uniform', {}],
  ])('%s', (schedule, options) => {
    const choice = { solver: { name: 'heun' }, schedule: { name: schedule, options } }
    const { process, solver, schedule: chosen } = chooseRecipe({ _class_name: name }, choice)
    const { first, last } = process
    for (const part of [0.1, 0.35, 0.5, 0.8]) {
      const t = first + part * (last - first)
      // A table's float32 levels, and Würstchen's, tell timesteps apart this well.
      expect(process.timestep(process.level(t))).toBeCloseTo(t, 4)
    }
    const levels = chosen.levels(5, process)
    const plan = solver.plan(levels, process)
    for (const { output } of plan.steps) expect(output.every(({ weight }) => Number.isFinite(weight))).toBe(true)
    const rhos = levels.map(({ alpha, sigma }) => sigma / alpha)
    expect(rhos.at(-1)).toBeLessThan(rhos[0]! / 10)
  })
})

/** All that a configuration decides, as numbers; the number of steps is one that every class takes. */
function print(config: Options): unknown {
  const { process, prediction, schedule, solver, threshold, initialScale } = fromDiffusersConfig(config)
  const steps = config._class_name === 'ConsistencyDecoderScheduler' ? 2 : 6
  const levels = schedule.levels(steps, process)
  const middle = levels[1]!
  return {
    levels,
    plan: solver.plan(levels, process),
    scale: initialScale(levels),
    estimate: estimate(prediction, middle),
    limited: threshold && [...threshold(Float32Array.of(-4, -0.5, 1.2, 1.4, 2, 3))],
  }
}
