import { exponential, polyexponential } from '@fewstep/schedules'
import type { OptionSpec } from '@fewstep/schedules/catalogue'
import type { Conventions } from './program.ts'
import { karras, of, uniform } from './sigmas.ts'

const rho = (usual: number): Readonly<Record<string, OptionSpec>> => ({
  rho: { type: 'number', default: usual, minimum: 0.01, help: 'larger: more steps at low noise' },
})

/** Names and conventions of k-diffusion (`sample_*` and `get_sigmas_*` of k_diffusion/sampling.py). */
export const kDiffusion: Conventions = {
  title: 'k-diffusion',
  alias: 'kDiffusion',
  usual: 'get_sigmas',
  wholeTimesteps: false,
  fullNoise: false,
  schedules: [
    { name: 'get_sigmas', sigmas: uniform },
    {
      name: 'get_sigmas_karras',
      aliases: ['karras'],
      options: rho(7),
      sigmas: (n, process, options) => karras(Number(options.rho))(n, process),
    },
    { name: 'get_sigmas_exponential', aliases: ['exponential'], sigmas: of(exponential()) },
    {
      name: 'get_sigmas_polyexponential',
      aliases: ['polyexponential'],
      options: rho(1),
      sigmas: (n, process, options) => of(polyexponential(options))(n, process),
    },
  ],
  solvers: { dpmpp_3m_sde: { solver: { name: 'dpmpp-3m-sde', options: { reference: 'k-diffusion' } } } },
  missing: {},
  part: (steps, strength) => ({ planned: steps, made: Math.floor(steps * strength) }),
}
