import { FewstepError } from '@fewstep/errors'
import * as v from 'valibot'

const number = v.pipe(v.number(), v.finite())
const positive = v.pipe(number, v.gtValue(0))
/** Null, Python's None, is false, even where the default is true. */
const flag = v.optional(v.nullable(v.boolean()), false)
const flagOn = v.pipe(
  v.optional(v.nullable(v.boolean()), true),
  v.transform(value => value ?? false),
)
/** The largest number of training timesteps: far above that of real models, and small enough for tables. */
const mostTrainSteps = 1_000_000
const order = v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)))

/** All options of scheduler classes that affect the result. A class ignores options that it does not have. */
const Options = v.looseObject({
  num_train_timesteps: v.optional(
    v.pipe(
      v.number(),
      v.check(
        value => Number.isInteger(value) && value >= 2 && value <= mostTrainSteps,
        issue => `must be a whole number from 2 to ${mostTrainSteps}, got ${issue.input}`,
      ),
    ),
    1000,
  ),
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
  set_alpha_to_one: flagOn,
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
  lower_order_final: flagOn,
  euler_at_final: flag,
  predict_x0: flagOn,
  disable_corrector: v.optional(v.array(v.number()), []),
  predictor_order: order,
  corrector_order: order,
  skip_prk_steps: flag,
  variance_type: v.optional(v.nullable(v.string())),
  original_inference_steps: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 50),
  timestep_scaling: v.optional(number, 10),
  eta: v.optional(number),
  /** The arguments that a pipeline passes to `step`; not an option of a class. */
  _step: v.optional(v.looseObject({ eta: v.optional(number) })),
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
  stochastic_sampling: flag,
})

/** A scheduler's options, with the class's defaults for absent ones. */
export type Options = v.InferOutput<typeof Options>

/**
 * Parses JSON as Python writes it. `Infinity` and `-Infinity` become text, and `NaN` becomes null; some scheduler configurations
 * have them.
 *
 * @throws SyntaxError for text that is not JSON
 * @example parseConfig('{"lambda_min_clipped": -Infinity}') // { lambda_min_clipped: '-Infinity' }
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

/** Reads a class's options. @throws ConfigError for an invalid option */
export function readConfig(
  config: unknown,
  defaults: Readonly<Record<string, unknown>>,
  foreign: readonly string[] = [],
): Options {
  const given = Object.entries(parse(v.looseObject({}), config)).filter(([option]) => !foreign.includes(option))
  const options = { ...defaults, ...Object.fromEntries(given) }
  const unused = Object.entries(unusedUnless).filter(([option, used]) => options[option] === null && !used(options))
  return parse(Options, { ...options, ...Object.fromEntries(unused.map(([option]) => [option, undefined])) })
}

/**
 * Options that may be null as long as no other option uses them, as in diffusers. They then have their defaults. (In diffusers, a
 * `steps_offset` of null works with some classes and spacings only.)
 */
const unusedUnless: Readonly<Record<string, (options: Readonly<Record<string, unknown>>) => boolean>> = {
  clip_sample_range: options => options.clip_sample === true,
  dynamic_thresholding_ratio: options => options.thresholding === true,
  sample_max_value: options => options.thresholding === true,
  flow_shift: options => options.use_flow_sigmas === true,
  steps_offset: () => false,
  timestep_type: () => false,
}

function parse<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const parsed = v.safeParse(schema, value)
  if (parsed.success) return parsed.output
  const [issue] = parsed.issues
  throw new ConfigError(`${issue.path?.map(({ key }) => String(key)).join('.') ?? 'the file'}: ${issue.message}`)
}

/** An invalid or unsupported scheduler configuration. */
export class ConfigError extends FewstepError {
  override readonly name = 'Sampler.ConfigError'
  override readonly kind = 'model'
  constructor(problem: string) {
    super(`scheduler_config.json: ${problem}`)
  }
}
