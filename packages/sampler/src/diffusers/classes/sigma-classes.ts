import { type TableConventions, tableClass } from './table-class.ts'

const base = {
  round: false,
  scaled: true,
  sigmas: 'spacing',
  defaults: { timestep_spacing: 'linspace' },
  terminal: () => 'zero',
} as const satisfies Partial<TableConventions>
const heunLike = { timestep_spacing: 'linspace', beta_start: 0.00085, beta_end: 0.012 }

/** The classes after k-diffusion's samplers, which keep `x/alpha`. */
export const sigmaClasses = [
  tableClass({
    ...base,
    name: 'EulerDiscreteScheduler',
    ends: true,
    zeroSnr: 'trace',
    only: { interpolation_type: ['linear'], timestep_type: ['discrete'] },
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
  tableClass({ ...base, name: 'KDPM2DiscreteScheduler', defaults: heunLike, method: () => 'dpm-2' }),
  tableClass({ ...base, name: 'KDPM2AncestralDiscreteScheduler', defaults: heunLike, method: () => 'dpm-2-ancestral' }),
  tableClass({ ...base, name: 'DPMSolverSDEScheduler', defaults: heunLike, method: () => 'dpmpp-sde' }),
  tableClass({ ...base, name: 'LMSDiscreteScheduler', method: () => 'lms' }),
]
