import { betaQuantile, exponential, type Process, roundHalfEven } from '@fewstep/schedules'
import type { Conventions } from './program.ts'
import { betweenAngles, ddim, karras, of, sgmUniform, simple, uniform } from './sigmas.ts'

/** The order falls to one at the end, as in UniPC. */
const sa = { predictorOrder: 3, correctorOrder: 4, simple: false, lowerOrderFinal: true }

/** Names and conventions of ComfyUI's `KSampler` (comfy/samplers.py, comfy/k_diffusion/sampling.py). */
export const comfyUi: Conventions = {
  title: 'ComfyUI',
  alias: 'comfyUi',
  usual: 'normal',
  wholeTimesteps: true,
  fullNoise: true,
  schedules: [
    { name: 'simple', sigmas: simple },
    { name: 'sgm_uniform', sigmas: sgmUniform },
    { name: 'karras', sigmas: karras() },
    { name: 'exponential', sigmas: of(exponential()) },
    { name: 'ddim_uniform', sigmas: ddim },
    { name: 'beta', sigmas: beta },
    { name: 'normal', sigmas: uniform },
    { name: 'linear_quadratic', sigmas: linearQuadratic },
    // With one step ComfyUI computes 0/0; here the run starts at the noisiest level.
    { name: 'kl_optimal', sigmas: (steps, process) => [...betweenAngles(steps, process), 0] },
  ],
  solvers: {
    dpm_2: { discards: true },
    dpm_2_ancestral: { discards: true },
    uni_pc: { solver: { name: 'unipc-3', options: { variant: 'bh1', lowerOrderFinal: true } }, discards: true },
    uni_pc_bh2: { solver: { name: 'unipc-3', options: { lowerOrderFinal: true } }, discards: true },
    dpmpp_2m_sde_heun: { solver: { name: 'dpmpp-2m-sde', options: { solverType: 'heun' } } },
    dpmpp_3m_sde: { solver: { name: 'dpmpp-3m-sde', options: { reference: 'k-diffusion' } } },
    deis: { solver: { name: 'deis-3', options: { variant: 't' } } },
    ipndm_v: { solver: { name: 'ipndm-v', options: { reference: true } } },
    er_sde: { solver: { name: 'er-sde', options: { reference: true } } },
    res_multistep_ancestral: { solver: { name: 'res-multistep', options: { eta: 1 } } },
    sa_solver: { solver: { name: 'sa-solver', options: sa } },
    sa_solver_pece: { solver: { name: 'sa-solver', options: { ...sa, evaluateAgain: true } } },
  },
  missing: {
    dpmpp_2s_ancestral_cfg_pp: 'dpmpp_2s_ancestral or euler_ancestral_cfg_pp',
    res_multistep_cfg_pp: 'res_multistep or dpmpp_2m_cfg_pp',
    res_multistep_ancestral_cfg_pp: 'res_multistep_ancestral or euler_ancestral_cfg_pp',
    gradient_estimation_cfg_pp: 'gradient_estimation or euler_cfg_pp',
  },
  part: (steps, strength) =>
    strength > 0.9999 ? { planned: steps, made: steps } : { planned: Math.floor(steps / strength), made: steps },
}

/** Quantiles of Beta(0.6, 0.6) in timesteps, rounded (arXiv:2407.12173). Repeated timesteps are left out. */
function beta(steps: number, { first, last, level }: Process): readonly number[] {
  const timesteps = Array.from({ length: steps }, (_, i) => {
    const part = i === 0 ? 1 : betaQuantile(1 - i / steps, 0.6, 0.6)
    // The median is exactly a half; its quantile has a rounding error.
    return first + roundHalfEven(Number((part * (last - first)).toFixed(9)))
  })
  const noisy = timesteps
    .filter((timestep, i) => timestep !== timesteps[i - 1])
    .map(level)
    .map(({ alpha, sigma }) => sigma / alpha)
  return [...noisy, 0]
}

/** `1 − f` linear to 0.025 over the first half of the steps, then a parabola of the same slope to 1; `f` times the noisiest. */
function linearQuadratic(steps: number, { last, level }: Process): readonly number[] {
  const threshold = 0.025
  const { alpha, sigma } = level(last)
  const straight = Math.floor(steps / 2)
  const bent = steps - straight
  const slope = threshold / straight
  const curve = (1 - threshold - slope * bent) / bent ** 2
  return Array.from({ length: steps + 1 }, (_, i) => {
    if (i === 0) return sigma / alpha
    if (i === steps) return 0
    const over = i - straight
    const fraction = over <= 0 ? slope * i : threshold + slope * over + curve * over ** 2
    return (1 - fraction) * (sigma / alpha)
  })
}
