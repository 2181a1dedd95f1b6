import { ConfigError, type Options } from '../config.ts'
import { edmProcess, quarterLog } from './edm-classes.ts'
import { type TableConventions, tableClass } from './table-class.ts'

const base = {
  round: false,
  scaled: true,
  sigmas: 'spacing',
  defaults: { timestep_spacing: 'linspace' },
  terminal: () => 'zero',
} as const satisfies Partial<TableConventions>
const heunLike = { timestep_spacing: 'linspace', beta_start: 0.00085, beta_end: 0.012 }

/**
 * Told `ln(sigma)/4` where it predicts v: then the process is EDM's in the variance preserving frame.
 *
 * @throws ConfigError where the sigmas are not Karras's between given ends
 */
function continuous(o: Options): boolean {
  if (o.timestep_type === 'discrete') return false
  const { sigma_min: min, sigma_max: max, prediction_type: prediction, use_karras_sigmas: karras } = o
  if (min !== null && max !== null && karras === true && prediction === 'v_prediction') return true
  throw new ConfigError(
    'timestep_type: continuous is understood with v_prediction, use_karras_sigmas, sigma_min and sigma_max only',
  )
}

/** The classes after k-diffusion's samplers, which keep `x/alpha`. */
export const sigmaClasses = [
  tableClass({
    ...base,
    name: 'EulerDiscreteScheduler',
    ends: true,
    zeroSnr: 'trace',
    only: { interpolation_type: ['linear'] },
    process: options => (continuous(options) ? edmProcess({ ...options, sigma_data: 1 }, quarterLog) : undefined),
    terminal: options => (options.final_sigmas_type === 'zero' ? 'zero' : 'first'),
    method: () => 'euler',
  }),
  tableClass({
    ...base,
    name: 'EulerAncestralDiscreteScheduler',
    sigmas: 'none',
    zeroSnr: 'trace',
    method: () => 'euler-ancestral',
  }),
  tableClass({
    ...base,
    name: 'HeunDiscreteScheduler',
    defaults: heunLike,
    only: { clip_sample: [false] },
    method: () => 'heun',
  }),
  tableClass({
    ...base,
    name: 'KDPM2DiscreteScheduler',
    defaults: heunLike,
    roundsKarras: true,
    method: () => 'dpm-2',
  }),
  tableClass({
    ...base,
    name: 'KDPM2AncestralDiscreteScheduler',
    defaults: heunLike,
    roundsKarras: true,
    method: () => 'dpm-2-ancestral',
  }),
  tableClass({ ...base, name: 'DPMSolverSDEScheduler', defaults: heunLike, method: () => 'dpmpp-sde' }),
  tableClass({ ...base, name: 'LMSDiscreteScheduler', method: () => 'lms' }),
]
