import type { OptionValue } from '@fewstep/schedules/catalogue'
import { limited } from '../limits.ts'
import { type TableConventions, tableClass } from './table-class.ts'

const base = {
  // An option that these classes have but ignore.
  foreign: ['timestep_spacing'],
  round: true,
  sigmas: 'none',
  defaults: { beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear' },
  own: options => ({ name: 'distilled', options: { original: options.original_inference_steps } }),
} as const satisfies Partial<TableConventions>

/** The samplers of distilled models. */
export const distilledClasses = [
  tableClass({
    ...base,
    name: 'LCMScheduler',
    threshold: limited,
    // The last estimate is the result, for any `set_alpha_to_one`.
    terminal: () => 'zero',
    method: () => 'lcm',
    solverOptions: ({ timestep_scaling: timestepScaling }) => (timestepScaling === 10 ? {} : { timestepScaling }),
  }),
  // It ends at timestep 0 and does not clip, for any options.
  tableClass({
    ...base,
    foreign: [...base.foreign, 'timestep_scaling'],
    name: 'TCDScheduler',
    terminal: () => 'first',
    method: () => 'tcd',
    // An argument of `step`, not an option of the class; pipelines pass 0.
    solverOptions: ({ _step: step }): Readonly<Record<string, OptionValue>> =>
      step?.eta === undefined ? {} : { gamma: step.eta },
  }),
]
