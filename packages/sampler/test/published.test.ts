import { ConfigError, fromDiffusersConfig, parseConfig } from '@fewstep/sampler/diffusers'
import { expect, test } from 'vitest'

const sd = '"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000'

/** Scheduler configurations as published models have them, with what they mean. */
const published: readonly (readonly [
  model: string,
  config: string,
  solver: string,
  schedule: string,
  prediction: string,
])[] = [
  [
    'Stable Diffusion 1.5',
    `{"_class_name": "PNDMScheduler", ${sd}, "set_alpha_to_one": false, "skip_prk_steps": true, "steps_offset": 1, "trained_betas": null, "clip_sample": false}`,
    'pndm',
    'leading',
    'epsilon',
  ],
  [
    'Stable Diffusion 2.1',
    `{"_class_name": "DDIMScheduler", ${sd}, "clip_sample": false, "prediction_type": "v_prediction", "set_alpha_to_one": false, "skip_prk_steps": true, "steps_offset": 1, "trained_betas": null}`,
    'ddim',
    'leading',
    'v',
  ],
  [
    'Stable Diffusion XL',
    `{"_class_name": "EulerDiscreteScheduler", ${sd}, "clip_sample": false, "interpolation_type": "linear", "prediction_type": "epsilon", "sample_max_value": 1.0, "set_alpha_to_one": false, "skip_prk_steps": true, "steps_offset": 1, "timestep_spacing": "leading", "trained_betas": null, "use_karras_sigmas": false}`,
    'euler',
    'leading',
    'epsilon',
  ],
  [
    'SDXL Turbo',
    `{"_class_name": "EulerAncestralDiscreteScheduler", ${sd}, "clip_sample": false, "interpolation_type": "linear", "prediction_type": "epsilon", "sample_max_value": 1.0, "set_alpha_to_one": false, "skip_prk_steps": true, "steps_offset": 1, "timestep_spacing": "trailing", "trained_betas": null}`,
    'euler-ancestral',
    'trailing',
    'epsilon',
  ],
  [
    'Stable Video Diffusion',
    `{"_class_name": "EulerDiscreteScheduler", ${sd}, "clip_sample": false, "interpolation_type": "linear", "prediction_type": "v_prediction", "set_alpha_to_one": false, "sigma_max": 700.0, "sigma_min": 0.002, "skip_prk_steps": true, "steps_offset": 1, "timestep_spacing": "leading", "timestep_type": "continuous", "trained_betas": null, "use_karras_sigmas": true}`,
    'euler',
    'karras',
    'v',
  ],
  [
    'PixArt',
    '{"_class_name": "DPMSolverMultistepScheduler", "algorithm_type": "dpmsolver++", "beta_end": 0.02, "beta_schedule": "linear", "beta_start": 0.0001, "dynamic_thresholding_ratio": 0.995, "euler_at_final": false, "lambda_min_clipped": -Infinity, "lower_order_final": true, "num_train_timesteps": 1000, "prediction_type": "epsilon", "sample_max_value": 1.0, "solver_order": 2, "solver_type": "midpoint", "steps_offset": 0, "thresholding": false, "timestep_spacing": "linspace", "trained_betas": null, "use_karras_sigmas": false, "use_lu_lambdas": false, "variance_type": null}',
    'dpmpp-2m',
    'linspace',
    'epsilon',
  ],
  [
    'Playground 2.5',
    '{"_class_name": "EDMDPMSolverMultistepScheduler", "algorithm_type": "dpmsolver++", "euler_at_final": false, "final_sigmas_type": "zero", "lower_order_final": true, "num_train_timesteps": 1000, "prediction_type": "epsilon", "rho": 7.0, "sigma_data": 0.5, "sigma_max": 80.0, "sigma_min": 0.002, "solver_order": 2, "solver_type": "midpoint", "thresholding": false}',
    'dpmpp-2m',
    'karras',
    'preconditioned',
  ],
  [
    'Stable Diffusion 3',
    '{"_class_name": "FlowMatchEulerDiscreteScheduler", "num_train_timesteps": 1000, "shift": 3.0}',
    'euler',
    'flow-match, shifted',
    'flow',
  ],
  [
    'Sana',
    '{"_class_name": "DPMSolverMultistepScheduler", "algorithm_type": "dpmsolver++", "final_sigmas_type": "zero", "flow_shift": 3.0, "lambda_min_clipped": -Infinity, "lower_order_final": true, "num_train_timesteps": 1000, "prediction_type": "flow_prediction", "solver_order": 2, "solver_type": "midpoint", "thresholding": false, "use_flow_sigmas": true, "use_karras_sigmas": false}',
    'dpmpp-2m',
    'flow',
    'flow',
  ],
  [
    'Wan 2.1',
    '{"_class_name": "UniPCMultistepScheduler", "disable_corrector": [], "final_sigmas_type": "zero", "flow_shift": 3.0, "lower_order_final": true, "num_train_timesteps": 1000, "predict_x0": true, "prediction_type": "flow_prediction", "solver_order": 2, "solver_p": null, "solver_type": "bh2", "thresholding": false, "use_flow_sigmas": true}',
    'unipc-2',
    'flow',
    'flow',
  ],
  [
    'LCM Dreamshaper',
    `{"_class_name": "LCMScheduler", ${sd}, "clip_sample": false, "original_inference_steps": 50, "prediction_type": "epsilon", "rescale_betas_zero_snr": false, "set_alpha_to_one": true, "steps_offset": 1, "thresholding": false, "timestep_scaling": 10.0, "timestep_spacing": "leading"}`,
    'lcm',
    'distilled',
    'epsilon',
  ],
  [
    'CogVideoX',
    `{"_class_name": "CogVideoXDDIMScheduler", ${sd}, "clip_sample": false, "prediction_type": "v_prediction", "rescale_betas_zero_snr": true, "sample_max_value": 1.0, "set_alpha_to_one": true, "snr_shift_scale": 3.0, "steps_offset": 0, "timestep_spacing": "trailing", "trained_betas": null}`,
    'ddim',
    'trailing',
    'v',
  ],
]

test.each(published)('%s', (_, text, solver, schedule, prediction) => {
  const recipe = fromDiffusersConfig(parseConfig(text))
  const said = typeof recipe.prediction === 'string' ? recipe.prediction : 'preconditioned'
  expect([recipe.solver.name, recipe.schedule.name, said]).toEqual([solver, schedule, prediction])
  for (const steps of [1, 4, 20]) {
    const levels = recipe.schedule.levels(steps, recipe.process)
    expect(recipe.solver.plan(levels, recipe.process).steps.length).toBeGreaterThan(0)
  }
})

test.each([
  [
    'FLUX.1 has a shift for each size of image',
    '{"_class_name": "FlowMatchEulerDiscreteScheduler", "base_shift": 0.5, "max_shift": 1.15, "shift": 3.0, "use_dynamic_shifting": true}',
    'use_dynamic_shifting',
  ],
  [
    'DeepFloyd IF learns its variance',
    '{"_class_name": "DDPMScheduler", "beta_schedule": "squaredcos_cap_v2", "clip_sample": true, "thresholding": false, "variance_type": "learned_range"}',
    'variance_type',
  ],
])('%s: an error that names it', (_, text, option) => {
  expect(() => fromDiffusersConfig(parseConfig(text)).schedule).toThrow(ConfigError)
  expect(() => fromDiffusersConfig(parseConfig(text)).schedule).toThrow(option)
})

test('JSON as Python writes it; text stays text', () => {
  expect(parseConfig('{"a": -Infinity, "b": [NaN, Infinity], "c": "-Infinity \\" NaN"}')).toEqual({
    a: '-Infinity',
    b: [null, 'Infinity'],
    c: '-Infinity " NaN',
  })
  expect(() => parseConfig('{"a": }')).toThrow(SyntaxError)
})
