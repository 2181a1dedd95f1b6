import type { OptionValue } from '@fewstep/schedules/catalogue'
import { cogVideoProcess } from '../process.ts'
import { type TableConventions, tableClass } from './table-class.ts'

const base = { round: true, sigmas: 'none' } as const satisfies Partial<TableConventions>
const clean = () => 'zero' as const
const unclipped = { thresholding: [false], clip_sample: [false] }

/** DDIM, DDPM and PNDM, which go from timestep to timestep. */
export const ddimClasses = [
  ...['DDIMScheduler', 'DDIMParallelScheduler'].map(name =>
    tableClass({
      ...base,
      name,
      only: unclipped,
      terminal: options => (options.set_alpha_to_one ? 'zero' : 'first'),
      method: () => 'ddim',
    }),
  ),
  ...['DDPMScheduler', 'DDPMParallelScheduler'].map(name =>
    tableClass({
      ...base,
      name,
      only: { ...unclipped, variance_type: ['fixed_small', 'fixed_small_log', 'fixed_large', 'fixed_large_log'] },
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
      only: unclipped,
      process: cogVideoProcess,
      terminal: options => (options.set_alpha_to_one ? 'zero' : 'first'),
      method: () => (name === 'CogVideoXDDIMScheduler' ? 'ddim' : 'dpmpp-2m-sde'),
      solverOptions: (): Readonly<Record<string, OptionValue>> =>
        name === 'CogVideoXDDIMScheduler' ? {} : { lowerOrderFinal: false },
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
