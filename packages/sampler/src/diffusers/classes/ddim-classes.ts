import type { OptionValue } from '@fewstep/schedules/catalogue'
import { ConfigError } from '../config.ts'
import { clipped, limited } from '../limits.ts'
import { cogVideoProcess } from '../process.ts'
import { type TableConventions, tableClass } from './table-class.ts'

const base = { round: true, sigmas: 'none' } as const satisfies Partial<TableConventions>
const clean = () => 'zero' as const
const pixels = { threshold: limited, defaults: { clip_sample: true } } as const

/** DDIM, DDPM and PNDM, which step between timesteps. */
export const ddimClasses = [
  ...['DDIMScheduler', 'DDIMParallelScheduler'].map(name =>
    tableClass({
      ...base,
      ...pixels,
      name,
      terminal: options => (options.set_alpha_to_one ? 'zero' : 'first'),
      method: () => 'ddim',
      solverOptions: (options): Readonly<Record<string, OptionValue>> =>
        limited(options) === undefined ? {} : { rawNoise: true },
    }),
  ),
  ...['DDPMScheduler', 'DDPMParallelScheduler'].map(name =>
    tableClass({
      ...base,
      ...pixels,
      name,
      // A variance of null means fixed_small.
      only: { variance_type: ['fixed_small', 'fixed_small_log', 'fixed_large', 'fixed_large_log', null] },
      terminal: clean,
      method: () => 'ddpm',
      solverOptions: ({ variance_type: variance }): Readonly<Record<string, OptionValue>> =>
        typeof variance === 'string' ? { variance } : {},
    }),
  ),
  ...(['CogVideoXDDIMScheduler', 'CogVideoXDPMScheduler'] as const).map(name =>
    tableClass({
      ...base,
      name,
      defaults: { beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear' },
      process: cogVideoProcess,
      terminal: options => (options.set_alpha_to_one ? 'zero' : 'first'),
      method: () => (name === 'CogVideoXDDIMScheduler' ? 'ddim' : 'dpmpp-2m-sde'),
      solverOptions: ({ timestep_spacing: spacing, steps_offset: offset }): Readonly<Record<string, OptionValue>> => {
        if (name === 'CogVideoXDDIMScheduler') return {}
        // The step past timestep 0 is of first order. Where a spacing ends at 0, it changes nothing and is left out.
        const past = spacing === 'trailing' || (spacing === 'leading' && offset > 0)
        return { lowerOrderFinal: false, eulerAtFinal: past }
      },
    }),
  ),
  tableClass({
    ...base,
    name: 'UnCLIPScheduler',
    foreign: ['timestep_spacing', 'steps_offset', 'trained_betas'],
    defaults: { clip_sample: true, beta_schedule: 'squaredcos_cap_v2', timestep_spacing: 'linspace' },
    only: {
      beta_schedule: ['squaredcos_cap_v2'],
      variance_type: ['fixed_small_log'],
      prediction_type: ['epsilon', 'sample'],
    },
    threshold: clipped,
    terminal: clean,
    method: () => 'ddpm',
    solverOptions: () => ({ variance: 'fixed_small_log' }),
  }),
  ...[
    ['RePaintScheduler', 'goes back and forth under a mask'],
    ['DDIMInverseScheduler', 'goes from an image to noise'],
    ['DPMSolverMultistepInverseScheduler', 'goes from an image to noise'],
  ].map(([name, what]) =>
    tableClass({
      ...base,
      name: name!,
      terminal: clean,
      method() {
        throw new ConfigError(`_class_name: ${name} ${what}, which no solver here does; name a solver such as ddim`)
      },
    }),
  ),
  tableClass({
    ...base,
    name: 'PNDMScheduler',
    defaults: { set_alpha_to_one: false },
    terminal: options => (options.set_alpha_to_one ? 'zero' : 'first'),
    method: ({ skip_prk_steps: skip }) => (skip ? 'pndm' : 'fpndm'),
  }),
]
