import { type DpmOptions, publishedMoments } from './dpm-multistep.ts'
import { type LambdaStepOptions, lambdaStep } from './lambda-step.ts'
import { multistepPlan, orderAt } from './multistep.ts'
import { phi } from './phi.ts'
import type { Solver } from './plan.ts'
import { checkChoice, checkOption } from './weights.ts'

export type DpmSdeOptions = DpmOptions & {
  /** The share of fresh noise, from 0 to 10: 0 is the ODE, 1 the reverse SDE that the papers and diffusers solve. */
  readonly eta?: number
  /** Multiplies the fresh noise. */
  readonly sNoise?: number
}

export type Dpm3mSdeOptions = DpmSdeOptions & {
  /**
   * The third-order weights as published. With `H = (1+eta)·h` the second difference has the weight
   * `1 − 2/H + 2·(1 − e^{−H})/H²`, about `H/3`; `'k-diffusion'` has half of it (and its second-order steps are in Heun's form),
   * `'diffusers'` has `(1 − e^{−H} − H)/H² − ½`, about −1.
   */
  readonly reference?: 'none' | 'k-diffusion' | 'diffusers'
}

/**
 * SDE-DPM-Solver++ of first order (arXiv 2211.01095 §5; `eta` as in k-diffusion), `h = λ' − λ`:
 * `x' = (sigma'/sigma)·e^{−eta·h}·x + alpha'·(1 − e^{−(1+eta)h})·D + sigma'·√(1 − e^{−2·eta·h})·z`.
 *
 * @throws OptionError unless eta is from 0 to 10
 */
export function dpmpp1Sde(options: Pick<DpmSdeOptions, 'eta' | 'sNoise'> = {}): Solver {
  return sdeMultistep('dpmpp-1-sde', 1, 'data', { eta: options.eta ?? 1, sNoise: options.sNoise ?? 1 })
}

/**
 * SDE-DPM-Solver++ 2M (arXiv 2211.01095 §5): the step of {@link dpmpp1Sde} and
 * `½·alpha'·(1 − e^{−(1+eta)h})·(D − D_prev)/r`, `r = h_prev/h`, in its midpoint form.
 *
 * @throws OptionError unless eta is from 0 to 10
 */
export function dpmpp2mSde(options: DpmSdeOptions = {}): Solver {
  return sdeMultistep('dpmpp-2m-sde', 2, 'data', options)
}

/**
 * SDE-DPM-Solver++ 3M: the exact step under the parabola in λ through the last three estimates of data. `reference` chooses
 * one of the two published forms.
 *
 * @throws OptionError unless eta is from 0 to 10
 */
export function dpmpp3mSde(options: Dpm3mSdeOptions = {}): Solver {
  const { eta = 1, reference = 'none', solverType = reference === 'k-diffusion' ? 'heun' : 'midpoint' } = options
  checkChoice('dpmpp-3m-sde', 'reference', reference, ['none', 'k-diffusion', 'diffusers'])
  const solver = sdeMultistep('dpmpp-3m-sde', 3, 'data', { ...options, solverType }, (curve, h) =>
    reference === 'none' ? curve : reference === 'k-diffusion' ? curve / 2 : -phi(2, -(1 + eta) * h) - 0.5,
  )
  return { ...solver, order: Math.min(solver.order, { none: 3, 'k-diffusion': 2, diffusers: 1 }[reference]) }
}

/**
 * SDE-DPM-Solver of first order (arXiv 2211.01095 §5 with estimates of noise), `h = λ' − λ`:
 * `x' = (alpha'/alpha)·x − (1+eta)·sigma'·expm1(h)·ε + sigma'·√(eta·expm1(2h))·z`.
 *
 * @throws OptionError unless eta is from 0 to 10
 */
export function dpm1Sde(options: Pick<DpmSdeOptions, 'eta' | 'sNoise'> = {}): Solver {
  return sdeMultistep('dpm-1-sde', 1, 'noise', { eta: options.eta ?? 1, sNoise: options.sNoise ?? 1 })
}

/**
 * SDE-DPM-Solver 2M: the step of {@link dpm1Sde} and `−½·(1+eta)·sigma'·expm1(h)·(ε − ε_prev)/r`, `r = h_prev/h`, in its
 * midpoint form.
 *
 * @throws OptionError unless eta is from 0 to 10
 */
export function dpm2mSde(options: DpmSdeOptions = {}): Solver {
  return sdeMultistep('dpm-2m-sde', 2, 'noise', options)
}

function sdeMultistep(
  name: string,
  order: number,
  view: 'data' | 'noise',
  options: DpmSdeOptions,
  second?: Parameters<typeof publishedMoments>[1],
): Solver {
  const { eta = 1, sNoise = 1, solverType = 'midpoint' } = options
  checkOption(name, 'eta', eta, 0, 10)
  checkOption(name, 'sNoise', sNoise, 0, 10)
  checkChoice(name, 'solverType', solverType, ['midpoint', 'heun'])
  const stepOptions: LambdaStepOptions = { view, eta, sNoise, change: publishedMoments(solverType, second) }
  return {
    name,
    // With fresh noise, the polynomial through past estimates is right to second order in the weak sense only.
    order: eta === 0 ? order : Math.min(2, order),
    plan: levels =>
      multistepPlan(
        name,
        levels,
        ({ from, to, number, steps, history }) =>
          lambdaStep(from, to, history.slice(0, orderAt(order, number, steps, options)), stepOptions),
        eta > 0,
      ),
  }
}
