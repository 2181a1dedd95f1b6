import { beta, exponential, type Process, polyexponential, sd15, sdxl } from '@fewstep/schedules'
import type { OptionSpec, OptionValue } from '@fewstep/schedules/catalogue'
import { comfyUi } from './comfyui.ts'
import { ays32Sd15, ays32Sdxl, gitsSd15, gitsSdxl } from './forge-tables.ts'
import type { Conventions, ProgramSchedule } from './program.ts'
import { betweenAngles, ddim, interpolated, karras, of, sgmUniform, simple, turbo, uniform } from './sigmas.ts'

type Values = Readonly<Record<string, OptionValue>>
const rho = (usual: number): Readonly<Record<string, OptionSpec>> => ({
  rho: { type: 'number', default: usual, minimum: 0.01, help: 'larger: more steps at low noise' },
})
const shape = (help: string): OptionSpec => ({ type: 'number', default: 0.6, minimum: 1e-9, help })
const second = { discards: true, schedule: 'Karras' }

/**
 * Names and conventions of AUTOMATIC1111's Stable Diffusion WebUI (modules/sd_schedulers.py, sd_samplers_kdiffusion.py,
 * sd_samplers_timesteps_impl.py), and of Forge's schedulers and samplers beside those.
 */
export const a1111: Conventions = {
  title: 'Stable Diffusion WebUI',
  alias: 'a1111',
  usual: 'Uniform',
  wholeTimesteps: false,
  fullNoise: false,
  schedules: [
    { name: 'Uniform', sigmas: uniform },
    { name: 'Karras', options: rho(7), sigmas: (n, process, options) => karras(Number(options.rho))(n, process) },
    { name: 'Exponential', sigmas: of(exponential()) },
    {
      name: 'Polyexponential',
      options: rho(1),
      sigmas: (n, process, options) => of(polyexponential(options as Values))(n, process),
    },
    { name: 'SGM Uniform', aliases: ['SGMUniform'], sigmas: sgmUniform },
    // It ends at the cleanest level, not without noise.
    { name: 'KL Optimal', sigmas: (steps, process) => betweenAngles(steps + 1, process) },
    alignYourSteps('Align Your Steps', sd15, sdxl),
    { name: 'Simple', sigmas: simple },
    { name: 'Normal', sigmas: uniform },
    { name: 'DDIM', sigmas: ddim },
    {
      name: 'Beta',
      options: { alpha: shape("the Beta law's first shape"), beta: shape('its second') },
      sigmas: (n, process, options) => of(beta({ a: Number(options.alpha), b: Number(options.beta) }))(n, process),
    },
    { name: 'Turbo', sigmas: turbo },
    alignYourSteps('Align Your Steps GITS', gitsSd15, gitsSdxl),
    alignYourSteps('Align Your Steps 11', sd15, sdxl),
    alignYourSteps('Align Your Steps 32', ays32Sd15, ays32Sdxl),
    { name: 'timesteps of DDIM', hidden: true, sigmas: compVisTimesteps },
    { name: 'times of UniPC', hidden: true, sigmas: unipcTimes },
  ],
  solvers: {
    'DPM++ 2M': { schedule: 'Karras' },
    'DPM++ SDE': { schedule: 'Karras' },
    'DPM++ 2M SDE': { schedule: 'Exponential' },
    'DPM++ 2M SDE Heun': {
      solver: { name: 'dpmpp-2m-sde', options: { solverType: 'heun' } },
      schedule: 'Exponential',
    },
    'DPM++ 2S a': { schedule: 'Karras' },
    'DPM++ 3M SDE': {
      solver: { name: 'dpmpp-3m-sde', options: { reference: 'k-diffusion' } },
      schedule: 'Exponential',
      discards: true,
    },
    DPM2: second,
    'DPM2 a': second,
    'DPM fast': { solver: { name: 'dpm-fast', options: { eta: 1 } } },
    'DPM adaptive': { solver: { name: 'dpm-adaptive', options: { eta: 1 } } },
    DDIM: { own: 'timesteps of DDIM' },
    'DDIM CFG++': { solver: { name: 'euler-cfg-pp' }, own: 'timesteps of DDIM' },
    PLMS: { own: 'timesteps of DDIM' },
    // Its settings as they are before a user changes them.
    UniPC: { solver: { name: 'unipc-3', options: { variant: 'bh1', lowerOrderFinal: true } }, own: 'times of UniPC' },
    HeunPP2: { solver: { name: 'heunpp2' } },
    IPNDM: { solver: { name: 'ipndm' } },
    IPNDM_V: { solver: { name: 'ipndm-v', options: { reference: true } } },
    DEIS: { solver: { name: 'deis-3', options: { variant: 't' } } },
    DDPM: { solver: { name: 'ddpm' } },
  },
  missing: {},
  ...(comfyUi.adapt === undefined ? {} : { adapt: comfyUi.adapt }),
  part(steps, strength) {
    return { planned: steps, made: Math.floor(Math.min(strength, 0.999) * steps) + 1 }
  },
}

/** Values of a table, or those between them; WebUI asks whether the model is Stable Diffusion XL, which `model` says here. */
function alignYourSteps(name: string, one: readonly number[], xl: readonly number[]): ProgramSchedule {
  const model: OptionSpec = {
    type: 'choice',
    default: 'sd15',
    choices: ['sd15', 'sdxl'],
    help: 'the model that the table is for',
  }
  return {
    name,
    options: { model },
    sigmas: (steps, process, options) => interpolated(options.model === 'sdxl' ? xl : one)(steps, process),
  }
}

/** As many timesteps as steps, and no way to go from the last: a run ends at timestep 1, a step early. */
function compVisTimesteps(steps: number, process: Process): readonly number[] {
  const stride = Math.floor((process.last - process.first + 1) / steps)
  const count = Math.ceil((process.last - process.first + 1) / stride)
  const timesteps = Array.from({ length: count }, (_, i) => Math.min(process.last, (count - 1 - i) * stride + 1))
  return timesteps.map(timestep => {
    const { alpha, sigma } = process.level(timestep)
    return sigma / alpha
  })
}

/** Evenly in time from the noisiest timestep to the cleanest, where it ends; between timesteps `ln alpha` is linear. */
function unipcTimes(steps: number, { first, last, level }: Process): readonly number[] {
  return Array.from({ length: steps + 1 }, (_, i) => {
    const at = last + (i / steps) * (first - last)
    const low = Math.min(Math.floor(at), last - 1)
    const [a, b] = [Math.log(level(low).alpha), Math.log(level(low + 1).alpha)]
    const alpha = Math.exp(a + (at - low) * (b - a))
    return Math.sqrt(1 - alpha ** 2) / alpha
  })
}
