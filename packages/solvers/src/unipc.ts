import { correctPlan } from './corrected.ts'
import { type LambdaStepOptions, lambdaStep } from './lambda-step.ts'
import { multistepPlan, orderAt } from './multistep.ts'
import { nodalWeights } from './nodal.ts'
import type { Solver } from './plan.ts'
import { checkChoice, checkOption, OptionError } from './weights.ts'

const variants = ['bh2', 'bh1', 'vary'] as const

export type UnipOptions = {
  /** How many estimates the predictor uses, from 1 to 9. */
  readonly order?: number
  /**
   * The weights of sums over two estimates: the published shortcuts `½·B(h)` with `B = expm1(h)` (`'bh2'`) or `B = h` (`'bh1'`),
   * or the exact integral (`'vary'`, published as varying coefficients). Sums over more are the exact integral in all three.
   */
  readonly variant?: (typeof variants)[number]
  readonly view?: 'data' | 'noise'
  /**
   * Lower the order step by step to 1 at the end, which leaves an error of second order; by default in runs of fewer than 15
   * steps. The authors' code and diffusers do so in runs of any length.
   */
  readonly lowerOrderFinal?: boolean
}

export type UnipcOptions = UnipOptions & {
  /** The steps that are not corrected, numbered from 0; `true` for all. */
  readonly disableCorrector?: readonly number[] | boolean
  /** The predictor; by default UniP of the same order. */
  readonly predictor?: Solver
  /** `'vary'` as published: its corrector leaves terms out, which makes the method first order. */
  readonly reference?: boolean
}

/**
 * UniP-p (arXiv 2302.04867 §3.2): the integral of the polynomial in λ through the last p estimates,
 * `x' = (sigma'/sigma)·x + alpha'·∫e^{μ−λ'}·D(μ) dμ`, or the like with noise. A run has this order if its start keeps it
 * ({@link fullStart}) and the order is not lowered at the end.
 *
 * @throws OptionError
 */
export function unip(options: UnipOptions = {}): Solver {
  const { order = 3, variant = 'bh2', view = 'data' } = options
  const name = `unip-${order}`
  checkOption('unip', 'order', order, 1, 9, true)
  checkChoice(name, 'variant', variant, variants)
  checkChoice(name, 'view', view, ['data', 'noise'])
  const change = shortcut(variant)
  return {
    name,
    order,
    plan: levels =>
      multistepPlan(name, levels, ({ from, to, number, steps, history }) =>
        lambdaStep(from, to, history.slice(0, orderAt(order, number, steps, options)), { view, change }),
      ),
  }
}

/**
 * UniPC-p (arXiv 2302.04867 algorithms 1 and 2): UniP-p, corrected by UniC-p with the evaluation that the next step needs
 * anyway. As many evaluations as steps, and one order more. The last step is not corrected. For the order of a run, see
 * {@link unip}.
 *
 * @throws OptionError
 */
export function unipc(options: UnipcOptions = {}): Solver {
  const { order = 3, variant = 'bh2', view = 'data', disableCorrector = [] } = options
  const { predictor = unip(options), reference = false } = options
  const name = `unipc-${order}`
  const change = shortcut(variant)
  const weigh = reference && variant === 'vary' ? publishedVary : undefined
  const disabled = new Set(typeof disableCorrector === 'boolean' ? [] : disableCorrector)
  for (const step of disabled)
    if (!(Number.isInteger(step) && step >= 0))
      throw new OptionError(name, 'disableCorrector', 'true, false or a list of steps from 0', step)
  return {
    name,
    order: disableCorrector === true ? predictor.order : weigh ? 1 : Math.min(order, predictor.order) + 1,
    plan: (levels, process) =>
      correctPlan(predictor.name, predictor.plan(levels, process), step =>
        disableCorrector === true || disabled.has(step)
          ? undefined
          : { order: orderAt(order, step, levels.length - 1, options), view, change, weigh },
      ),
  }
}

function shortcut(variant: (typeof variants)[number]): NonNullable<LambdaStepOptions['change']> {
  return (moments, h) =>
    variant !== 'vary' && moments.length === 2 ? [moments[0]!, (variant === 'bh2' ? moments[0]! : h) / 2] : moments
}

/**
 * The corrector's weights in the authors' code for varying coefficients: its sum over powers ends one too early for the
 * earlier estimates, and takes a single, wrong power for the new one (issue 10 of their repository).
 */
function publishedVary(nodes: readonly number[], moments: readonly number[]): number[] {
  const last = nodes.length - 1
  if (last < 2) return nodalWeights(nodes, moments)
  const only = moments.map((_, k) => (k === last - 1 ? moments[last]! / last : 0))
  const weights = nodalWeights(nodes, [...moments.slice(0, last), 0])
  weights[1] = nodalWeights(nodes, only)[1]!
  weights[0] = moments[0]! - weights.slice(1).reduce((sum, weight) => sum + weight, 0)
  return weights
}
