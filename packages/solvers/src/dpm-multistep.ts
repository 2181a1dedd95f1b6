import { type LambdaStepOptions, lambdaStep } from './lambda-step.ts'
import { type EndOptions, multistepPlan, orderAt } from './multistep.ts'
import type { Solver } from './plan.ts'
import { checkChoice } from './weights.ts'

export type DpmOptions = EndOptions & {
  /**
   * How steps of second order weigh the difference quotient: `'midpoint'` with half of the weight of the estimate itself,
   * `'heun'` with the exact integral. Both are of second order.
   */
  readonly solverType?: (typeof solverTypes)[number]
}

export type Dpm3mOptions = DpmOptions & {
  /** The third-order weights as published, which give the second difference half of its weight: second order only. */
  readonly reference?: boolean
}

const solverTypes = ['midpoint', 'heun'] as const

/**
 * DPM-Solver++ 2M (arXiv 2211.01095 algorithm 2): from the last two estimates of data,
 * `x' = (sigma'/sigma)·x − alpha'·expm1(−h)·(D + (D − D_prev)/(2r))`, `h = λ' − λ`, `r = h_prev/h`, in its midpoint form;
 * `alpha'·(expm1(−h)/h + 1)·(D − D_prev)/r` is the second term in its Heun form. The first step is of first order, and so is
 * a last one to sigma 0.
 */
export function dpmpp2m(options: DpmOptions = {}): Solver {
  return dpmMultistep('dpmpp-2m', 2, 'data', { ...options, reference: false })
}

/**
 * DPM-Solver++ 3M: the exact step under the parabola in λ through the last three estimates of data (arXiv 2211.01095
 * appendix B, whose published form halves the second derivative). `solverType` is that of the second-order steps at the ends.
 */
export function dpmpp3m(options: Dpm3mOptions = {}): Solver {
  return dpmMultistep('dpmpp-3m', 3, 'data', options)
}

/**
 * DPM-Solver 2M: as {@link dpmpp2m} with estimates of noise (arXiv 2206.00927),
 * `x' = (alpha'/alpha)·x − sigma'·expm1(h)·(ε + (ε − ε_prev)/(2r))`.
 */
export function dpm2m(options: DpmOptions = {}): Solver {
  return dpmMultistep('dpm-2m', 2, 'noise', { ...options, reference: false })
}

/** DPM-Solver 3M: as {@link dpmpp3m} with estimates of noise (arXiv 2206.00927). */
export function dpm3m(options: Dpm3mOptions = {}): Solver {
  return dpmMultistep('dpm-3m', 3, 'noise', options)
}

function dpmMultistep(name: string, order: number, view: 'data' | 'noise', options: Dpm3mOptions): Solver {
  const { solverType = 'midpoint', reference = false } = options
  checkChoice(name, 'solverType', solverType, solverTypes)
  const change = publishedMoments(solverType, reference ? curve => curve / 2 : undefined)
  return {
    name,
    order: reference ? 2 : order,
    plan: levels =>
      multistepPlan(name, levels, ({ from, to, number, steps, history }) =>
        lambdaStep(from, to, history.slice(0, orderAt(order, number, steps, options)), { view, change }),
      ),
  }
}

/** The moments of the published forms: with two nodes the first moment is half of the sum of weights; with three, `second` gives the second. */
export function publishedMoments(
  solverType: 'midpoint' | 'heun',
  second: (curve: number, h: number) => number = curve => curve,
): NonNullable<LambdaStepOptions['change']> {
  return ([sum, slope, curve], h) => {
    if (slope === undefined) return [sum!]
    if (curve === undefined) return [sum!, solverType === 'midpoint' ? sum! / 2 : slope]
    return [sum!, slope, second(curve, h)]
  }
}
