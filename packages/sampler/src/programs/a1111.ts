import { beta, exponential, type Process, polyexponential, sd15, sdxl } from '@fewstep/schedules'
import type { OptionSpec, OptionValue } from '@fewstep/schedules/catalogue'
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
    // It ends at the cleanest level, not at sigma 0.
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
    { name: 'timesteps of DDIM', hidden: true, fullNoise: true, sigmas: compVisTimesteps },
    { name: 'times of UniPC', hidden: true, fullNoise: true, sigmas: unipcTimes },
    { name: 'timesteps of LCM', hidden: true, sigmas: lcmTimesteps, told: lcmNode },
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
    Restart: { schedule: 'Karras' },
    DDIM: { own: 'timesteps of DDIM' },
    'DDIM CFG++': { solver: { name: 'euler-cfg-pp' }, own: 'timesteps of DDIM' },
    PLMS: { own: 'timesteps of DDIM' },
    // WebUI's default settings.
    UniPC: { solver: { name: 'unipc-3', options: { variant: 'bh1', lowerOrderFinal: true } }, own: 'times of UniPC' },
    LCM: { own: 'timesteps of LCM' },
    HeunPP2: { solver: { name: 'heunpp2' } },
    IPNDM: { solver: { name: 'ipndm' } },
    IPNDM_V: { solver: { name: 'ipndm-v', options: { reference: true } } },
    DEIS: { solver: { name: 'deis-3', options: { variant: 't' } } },
    DDPM: { solver: { name: 'ddpm' } },
  },
  missing: {},
  part(steps, strength) {
    return { planned: steps, made: Math.floor(Math.min(strength, 0.999) * steps) + 1 }
  },
}

/** Values of a table, interpolated. WebUI detects Stable Diffusion XL; here the option `model` says it. */
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

/** Every `⌊T/steps⌋`-th timestep from 1. There is no step from the last one: a run ends at timestep 1, one step early. */
function compVisTimesteps(steps: number, process: Process): readonly number[] {
  const [stride, count] = strideOf(steps, process)
  const timesteps = Array.from({ length: count }, (_, i) => Math.min(process.last, (count - 1 - i) * stride + 1))
  return timesteps.map(timestep => {
    const { alpha, sigma } = process.level(timestep)
    return sigma / alpha
  })
}

/**
 * The same number of steps, even in time from the noisiest timestep to the cleanest, where the run ends. Between timesteps,
 * `ln alpha` is linear.
 */
function unipcTimes(steps: number, process: Process): readonly number[] {
  const { first, last, level } = process
  const [, count] = strideOf(steps, process)
  return Array.from({ length: count + 1 }, (_, i) => {
    const at = last + (i / count) * (first - last)
    const low = Math.min(Math.floor(at), last - 1)
    const [a, b] = [Math.log(level(low).alpha), Math.log(level(low + 1).alpha)]
    const alpha = Math.exp(a + (at - low) * (b - a))
    return Math.sqrt(1 - alpha ** 2) / alpha
  })
}

/** The distance between timesteps, and their number: more than `steps` where `steps` does not divide T. */
function strideOf(steps: number, { first, last }: Process): readonly [stride: number, count: number] {
  const stride = Math.max(Math.floor((last - first + 1) / steps), 1)
  return [stride, Math.ceil((last - first + 1) / stride)]
}

/** Latent consistency models were distilled at 50 timesteps. */
function lcmStride({ first, last }: Process): number {
  return Math.floor((last - first + 1) / 50)
}

/** Even steps over those 50 timesteps, from the noisiest on. Between them, `ln sigma` is linear. */
function lcmTimesteps(steps: number, process: Process): readonly number[] {
  const stride = lcmStride(process)
  const at = (node: number): number => {
    const { alpha, sigma } = process.level(process.first + (node + 1) * stride - 1)
    return sigma / alpha
  }
  const noisy = Array.from({ length: steps }, (_, i) => {
    const place = steps === 1 ? 49 : 49 * (1 - i / (steps - 1))
    const low = Math.min(Math.floor(place), 48)
    return at(low) * (at(low + 1) / at(low)) ** (place - low)
  })
  return [...noisy, 0]
}

/** The one of the 50 timesteps whose `ln sigma` is nearest. */
function lcmNode(timestep: number, process: Process): number {
  const stride = lcmStride(process)
  const log = (at: number): number => {
    const { alpha, sigma } = process.level(at)
    return Math.log(sigma / alpha)
  }
  const nodes = Array.from({ length: 50 }, (_, node) => process.first + (node + 1) * stride - 1)
  const distances = nodes.map(node => Math.abs(log(node) - log(timestep)))
  return nodes[distances.indexOf(Math.min(...distances))]!
}
