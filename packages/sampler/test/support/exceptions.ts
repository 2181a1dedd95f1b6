/** Cases of the originals, or all those of a class, that nothing here answers to yet. It must be empty in the end. */
export const pending: readonly string[] = []

/** Configurations that are refused, each with the option that the refusal names. */
export const refused: readonly (readonly [name: RegExp, option: string])[] = []

/** Runs that fail in the original, and are an error here, too. */
export const failing: readonly { readonly name: RegExp; readonly steps: number; readonly error: RegExp }[] = [
  { name: /shift_terminal/, steps: 1, error: /cannot stretch a single level/ },
  { name: /^PNDM/, steps: 1, error: /does not fall/ },
  { name: /^CMStochasticIterative: num_train_timesteps=18/, steps: 20, error: /take fewer steps/ },
  { name: /^MiniMaxH3/, steps: 1, error: /takes 2 steps or more/ },
]

type Difference = { readonly name: RegExp; readonly steps?: readonly number[]; readonly why: string }

/** Runs that differ on purpose, since the original is at fault; each is a section of docs/originals.md. */
export const differences: readonly Difference[] = [
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
    name: /^(EulerDiscrete|EulerAncestralDiscrete|HeunDiscrete|KDPM2|LMSDiscrete|DPMSolverSDE)(?!.*(leading|trailing|timesteps=\[|sigmas=\[|sigma_max=|log_linear.*(karras|continuous)))/,
    steps: [1],
    why: 'begins the only step of linspace at timestep 0, where there is next to no noise',
  },
  {
    name: /^DDPM: variance_type=fixed_large, steps_offset=1$/,
    why: 'adds noise after its last step, which ends without any',
  },
  {
    name: /^DPMSolverSinglestep: use_karras_sigmas=True, final_sigmas_type=sigma_min$/,
    steps: [2, 10, 20],
    why: 'makes its last call for nothing, inside a step of two calls',
  },
  {
    name: /^PNDM: set_alpha_to_one=True$/,
    steps: [8],
    why: 'rounds half of 125 timesteps down, and tells its Runge–Kutta stages other timesteps than they are at',
  },
  { name: /^DDPM.*linspace/, steps: [1], why: 'begins its only step at timestep 0, where there is next to no noise' },
  {
    name: /^(EDM.*exponential|Cosine(?!.*karras))/,
    steps: [1],
    why: 'begins the only step of exponential sigmas at sigma_min',
  },
  {
    name: /^EDMEuler: s_churn/,
    why: 'churns after the call, and weighs an output for the level after it that was made for the one before',
  },
  { name: /^EDMEuler.*sigma_min/, steps: [1], why: 'ends the only step of Karras sigmas where it begins' },
  {
    name: /^SASolver.*use_(karras|exponential|flow)/,
    why: 'repeats the last sigma: its last call goes nowhere, though it corrects, and some noise stays',
  },
  {
    name: /^KDPM2Ancestral(?!.*(leading|trailing))/,
    steps: [2],
    why: 'takes sigma_down = √(sigma² − sigma_up²) in float32, of which hardly a digit is left after so long a step',
  },
  { name: /^KDPM2Ancestral.*beta/, steps: [3], why: 'the same' },
  { name: /^DEIS.*: use_/, steps: [1], why: 'repeats the only sigma, so that its call is for nothing' },
  {
    name: /^DEIS.*(use_karras.*order=3|order=3.*use_karras|use_flow)/,
    why: 'repeats the last sigma, so that its last call is for nothing and some noise stays',
  },
  { name: /^IPNDM/, why: 'forgets the first estimate, dividing nothing by 10⁻⁸ where alpha is 0' },
  { name: /^PNDM.*v_prediction/, why: 'averages v of different x, which is no slope of anything' },
  {
    name: /^DPMSolverMultistep: use_karras_sigmas=True, final_sigmas_type=sigma_min/,
    steps: [3, 5, 10],
    why: 'makes its last call for nothing, and counts it when it lowers the order at the end',
  },
  { name: /^(EDMDPM|Cosine).*: final_sigmas_type=sigma_min/, steps: [3, 5, 10], why: 'the same' },
  { name: /^UniPC.*karras.*final_sigmas_type=sigma_min/, why: 'the same' },
  {
    name: /^UniPC.*sigmas=\[/,
    why: 'begins at 1 − 10⁻⁶ and counts that as a node, at which next to nothing is known; here it is the limit',
  },
  {
    name: /^UniPCMultistep: final_sigmas_type=sigma_min.*flow/,
    steps: [1],
    why: 'makes its only call for nothing, from a sigma to itself',
  },
  { name: /^ScoreSdeVe/, steps: [1], why: 'begins its only step at sigma_min' },
  {
    name: /^DDPMWuerstchen: scaler=2/,
    steps: [20],
    why: 'makes its first call for nothing, between two timesteps of one level',
  },
]

export type Reference = {
  readonly name: RegExp
  readonly options: Readonly<Record<string, boolean | string>>
  /** The end of a schedule by name that does it as well. */
  readonly terminal?: 'first'
}

/** Cases whose original is at fault, and the options that do as it does. */
export const references: readonly Reference[] = [
  { name: /^DPMSolverMultistep.*sde-dpmsolver\+\+, solver_order=3/, options: { reference: 'diffusers' } },
  { name: /^EulerDiscrete: s_churn/, options: { reference: true } },
  // Its noises overlap: one path of them takes a Brownian source.
  { name: /^DPMSolverSDE/, options: { reference: true } },
  { name: /^DEIS.*: use_/, options: { lowerOrderFinal: false }, terminal: 'first' },
  { name: /^(DPM|EDM).*solver_order=3/, options: { reference: true } },
  { name: /Singlestep.*sde-/, options: { reference: true } },
]

/** Where the originals' own arithmetic is off by more than 1e-5. */
export const tolerances: readonly { readonly name: RegExp; readonly tolerance: number; readonly why: string }[] = [
  {
    name: /^SASolver.*noise_prediction/,
    tolerance: 1e-3,
    why: 'coefficients are differences of float32 powers of λ times exponentials: in float64 it is as far from itself',
  },
  {
    name: /^KarrasVe(?!.*sigma_max)/,
    tolerance: 1e-3,
    why: 'its sigmas are squares: the slope at 0.0004, with its rounding in float32, counts for a step of 10 000',
  },
  {
    name: /^HeunDiscrete: beta_schedule=exp/,
    tolerance: 5e-4,
    why: 'the same between 0.1 and 400',
  },
  { name: /^DEIS.*solver_order=3/, tolerance: 5e-5, why: 'coefficients are differences of float32 antiderivatives' },
]

/** The same for k-diffusion's samplers. */
export const kDiffusion = {
  differences: [
    {
      name: /^(dpm_2_ancestral|dpmpp_2s_ancestral)$/,
      steps: [2, 3],
      why: 'takes sigma_down = √(sigma² − sigma_up²) in float32, of which few digits are left after so long a step',
    },
  ] as readonly Difference[],
  pending: [] as readonly string[],
  references: [
    { name: /^dpmpp_3m_sde/, options: { reference: 'k-diffusion' } },
    { name: /^dpmpp_sde/, options: { reference: true } },
  ] as readonly Reference[],
}

/** Of several lists' entries the one that a run is of. */
export function ofRun<E extends { readonly name: RegExp; readonly steps?: readonly number[] }>(
  entries: readonly E[],
  name: string,
  steps: number,
): E | undefined {
  return entries.find(one => one.name.test(name) && (one.steps === undefined || one.steps.includes(steps)))
}
