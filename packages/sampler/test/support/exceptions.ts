/** Cases of the originals, or all those of a class, that nothing here answers to yet. It must be empty in the end. */
export const pending: readonly string[] = [
  'DDPM',
  'CogVideoXDPM',
  'DPMSolverMultistep: algorithm_type=sde-dpmsolver, solver_order=1, solver_type=midpoint, final_sigmas_type=sigma_min',
  'DPMSolverMultistep: algorithm_type=sde-dpmsolver++, solver_order=2, solver_type=midpoint',
  'DPMSolverMultistep: algorithm_type=sde-dpmsolver, solver_order=2, solver_type=midpoint, final_sigmas_type=sigma_min',
  'DPMSolverMultistep: algorithm_type=sde-dpmsolver++, solver_order=3, solver_type=midpoint',
  'DPMSolverMultistep: algorithm_type=sde-dpmsolver++, solver_order=2, solver_type=heun',
  'DPMSolverMultistep: algorithm_type=sde-dpmsolver, solver_order=2, solver_type=heun, final_sigmas_type=sigma_min',
  'DPMSolverMultistep: algorithm_type=sde-dpmsolver++, solver_order=3, solver_type=heun',
  'DPMSolverMultistep: algorithm_type=sde-dpmsolver++, use_karras_sigmas=True',
  'DPMSolverMultistep: algorithm_type=sde-dpmsolver++, euler_at_final=True, use_lu_lambdas=True',
  'DPMSolverMultistep: flow_shift=3.0, algorithm_type=sde-dpmsolver++, prediction_type=flow_prediction, use_flow_sigmas=True',
  'DEISMultistep',
  'UniPCMultistep',
  'SASolver',
  'IPNDM',
  'LMSDiscrete',
  'EulerDiscrete: s_churn=4.0, s_noise=1.003',
  'KDPM2Discrete',
  'KDPM2AncestralDiscrete',
  'DPMSolverSDE',
  'EDMEuler: s_churn=4.0, s_noise=1.003',
  'EDMDPMSolverMultistep: algorithm_type=sde-dpmsolver++',
  'EDMDPMSolverMultistep: algorithm_type=sde-dpmsolver++, solver_type=heun',
  'EDMDPMSolverMultistep: algorithm_type=sde-dpmsolver++, solver_order=3',
  'CosineDPMSolverMultistep',
  'CosineDPMSolverMultistep: solver_type=heun',
  'CosineDPMSolverMultistep: sigma_schedule=karras',
  'CosineDPMSolverMultistep: final_sigmas_type=sigma_min',
  'FlowMatchHeunDiscrete',
]

/** Configurations that are refused, each with the option that the refusal names. */
export const refused: readonly (readonly [name: RegExp, option: string])[] = [
  [/clip_sample=True/, 'clip_sample'],
  [/thresholding=True/, 'thresholding'],
  [/interpolation_type=log_linear/, 'interpolation_type'],
]

/** Runs that differ on purpose, since the original is at fault; each is a section of docs/originals.md. */
export const differences: readonly {
  readonly name: RegExp
  readonly steps?: readonly number[]
  readonly why: string
}[] = [
  {
    name: /^DDIM.*linspace/,
    why: 'goes down by ⌊T/steps⌋ timesteps whatever the grid is, so that a level is not the one its network is told',
  },
  {
    name: /^(DDIM|PNDM|CogVideoX).*trailing/,
    steps: [3],
    why: 'the same: 1000/3 is no whole number',
  },
  { name: /^PNDM.*linspace/, why: 'the same' },
  {
    name: /^PNDM: skip_prk_steps=True$/,
    steps: [1, 2],
    why: 'makes its last call for nothing, from timestep 0 to timestep 0, and still averages it',
  },
  {
    name: /^(EulerDiscrete|EulerAncestralDiscrete|HeunDiscrete|KDPM2|LMSDiscrete|DPMSolverSDE)(?!.*(leading|trailing|timesteps=\[|sigmas=\[|sigma_max=))/,
    steps: [1],
    why: 'begins the only step of linspace at timestep 0, where there is next to no noise',
  },
  { name: /^DDPM.*linspace/, steps: [1], why: 'begins its only step at timestep 0, where there is next to no noise' },
  {
    name: /^(EDM.*exponential|Cosine(?!.*karras))/,
    steps: [1],
    why: 'begins the only step of exponential sigmas at sigma_min',
  },
  { name: /^EDMEuler.*sigma_min/, steps: [1], why: 'ends the only step of Karras sigmas where it begins' },
  { name: /^IPNDM/, why: 'forgets the first estimate, dividing nothing by 10⁻⁸ where alpha is 0' },
  { name: /^PNDM.*v_prediction/, why: 'averages v of different x, which is no slope of anything' },
  {
    name: /^DPMSolverMultistep: use_karras_sigmas=True, final_sigmas_type=sigma_min/,
    steps: [3, 5, 10],
    why: 'makes its last call for nothing, and counts it when it lowers the order at the end',
  },
]

/** Cases whose original is at fault in its weights: the option `reference` has them as published. */
export const references: readonly RegExp[] = [/solver_order=3/, /Singlestep.*sde-/]

/** The same for k-diffusion's samplers. */
export const kDiffusion = {
  pending: [
    'euler: s_churn=4.0, s_tmin=0.05, s_tmax=10.0, s_noise=1.003',
    'heun: s_churn=4.0, s_tmin=0.05, s_tmax=10.0, s_noise=1.003',
    'dpm_2',
    'lms',
    'euler_ancestral: eta=0.5, s_noise=1.003',
    'euler_ancestral: eta=0.0, s_noise=1.0',
    'dpm_2_ancestral',
    'dpmpp_2s_ancestral',
    'dpmpp_sde',
    'dpmpp_2m_sde',
    'dpmpp_3m_sde',
    'dpm_fast',
    'dpm_adaptive',
  ] as readonly string[],
  references: [{ name: /^dpmpp_3m_sde/, options: { reference: true } }] as readonly {
    readonly name: RegExp
    readonly options: Readonly<Record<string, boolean | string>>
  }[],
}
