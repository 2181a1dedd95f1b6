import { FewstepError } from '@fewstep/errors'
import * as v from 'valibot'

const number = v.pipe(v.number(), v.finite())
const positive = v.pipe(number, v.gtValue(0))
const flag = v.optional(v.nullable(v.boolean()), false)
const order = v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)))

/** The options of all scheduler classes that change the numbers. What a class does not have it does not look at. */
const Options = v.looseObject({
  num_train_timesteps: v.optional(v.pipe(v.number(), v.integer(), v.minValue(2)), 1000),
  beta_start: v.optional(number, 0.0001),
  beta_end: v.optional(number, 0.02),
  beta_schedule: v.optional(
    v.picklist(['linear', 'scaled_linear', 'squaredcos_cap_v2', 'sigmoid', 'laplace', 'exp']),
    'linear',
  ),
  trained_betas: v.optional(v.nullable(v.array(number)), null),
  rescale_betas_zero_snr: flag,
  snr_shift_scale: v.optional(number, 3),
  prediction_type: v.optional(
    v.picklist(['epsilon', 'v_prediction', 'sample', 'flow_prediction', 'trigflow']),
    'epsilon',
  ),
  timestep_spacing: v.optional(v.picklist(['leading', 'trailing', 'linspace']), 'leading'),
  steps_offset: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
  set_alpha_to_one: v.optional(v.boolean(), true),
  final_sigmas_type: v.optional(v.picklist(['zero', 'sigma_min']), 'zero'),
  lambda_min_clipped: v.optional(v.nullable(v.union([v.number(), v.picklist(['-Infinity', '-inf'])])), null),
  use_karras_sigmas: flag,
  use_exponential_sigmas: flag,
  use_beta_sigmas: flag,
  use_lu_lambdas: flag,
  use_flow_sigmas: flag,
  flow_shift: v.optional(number, 1),
  shift: v.optional(number, 1),
  shift_terminal: v.optional(v.nullable(number), null),
  sigma_min: v.optional(v.nullable(number), null),
  sigma_max: v.optional(v.nullable(number), null),
  sigma_data: v.optional(number, 0.5),
  sigma_schedule: v.optional(v.picklist(['karras', 'exponential']), 'karras'),
  rho: v.optional(number, 7),
  timestep_type: v.optional(v.picklist(['discrete', 'continuous']), 'discrete'),
  interpolation_type: v.optional(v.picklist(['linear', 'log_linear']), 'linear'),
  solver_order: order,
  solver_type: v.optional(v.string()),
  algorithm_type: v.optional(v.string()),
  lower_order_final: v.optional(v.boolean(), true),
  euler_at_final: v.optional(v.boolean(), false),
  predict_x0: v.optional(v.boolean(), true),
  disable_corrector: v.optional(v.array(v.number()), []),
  predictor_order: order,
  corrector_order: order,
  skip_prk_steps: v.optional(v.boolean(), false),
  variance_type: v.optional(v.nullable(v.string())),
  original_inference_steps: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 50),
  timestep_scaling: v.optional(number, 10),
  eta: v.optional(number),
  clip_sample: flag,
  clip_sample_range: v.optional(positive, 1),
  thresholding: flag,
  clip_denoised: flag,
  dynamic_thresholding_ratio: v.optional(v.pipe(number, v.minValue(0), v.maxValue(1)), 0.995),
  sample_max_value: v.optional(positive, 1),
  s_noise: v.optional(number, 1),
  s_churn: v.optional(number, 0),
  s_min: v.optional(number, 0),
  s_max: v.optional(number),
  correct_steps: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 1),
  beta_min: v.optional(number, 0.1),
  beta_max: v.optional(number, 20),
  sampling_eps: v.optional(number, 0.001),
  scaler: v.optional(number, 1),
  s: v.optional(number, 0.008),
  stochastic_sampling: v.optional(v.boolean(), false),
})

/** A scheduler's options, those that were absent at the class's defaults. */
export type Options = v.InferOutput<typeof Options>

/**
 * Reads JSON as Python writes it, with `Infinity`, `-Infinity` (as text) and `NaN` (as null), which some schedulers'
 * configurations hold.
 *
 * @throws SyntaxError where it is no JSON
 */
export function parseConfig(text: string): unknown {
  const words = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g
  return JSON.parse(
    text.replace(words, word => (word.startsWith('"') ? word : word === 'NaN' ? 'null' : JSON.stringify(word))),
  )
}

/** @throws ConfigError unless it is an object with a `_class_name` */
export function classNameOf(config: unknown): string {
  return parse(v.looseObject({ _class_name: v.string() }), config)._class_name
}

/** @throws ConfigError where an option is of no use */
export function readConfig(
  config: unknown,
  defaults: Readonly<Record<string, unknown>>,
  foreign: readonly string[] = [],
): Options {
  const own = Object.entries(parse(v.looseObject({}), config)).filter(([option]) => !foreign.includes(option))
  return parse(Options, { ...defaults, ...Object.fromEntries(own) })
}

function parse<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const parsed = v.safeParse(schema, value)
  if (parsed.success) return parsed.output
  const [issue] = parsed.issues
  throw new ConfigError(`${issue.path?.map(({ key }) => String(key)).join('.') ?? 'the file'}: ${issue.message}`)
}

export class ConfigError extends FewstepError {
  override readonly name = 'Sampler.ConfigError'
  override readonly kind = 'model'
  constructor(problem: string) {
    super(`scheduler_config.json: ${problem}`)
  }
}
