import type { NoiseLevel, Process } from '@fewstep/schedules'
import { levelAt } from './between.ts'
import { sdeNoise } from './noising.ts'
import type { Solver, Step } from './plan.ts'
import { type SinglestepForm, singlestep } from './singlestep.ts'
import { checkChoice, checkLevels, checkOption, lambda, rho } from './weights.ts'

export type SinglestepOptions = {
  /** `midpoint` as the papers have it, `heun` with the polynomial through all values (the papers' Taylor form). */
  readonly solverType?: 'midpoint' | 'heun'
  /**
   * Evaluate the model between the levels too, so that each interval is a step of full order. Otherwise the inner
   * evaluations are at levels of the schedule, a step spans several intervals, and `n` intervals cost `n` evaluations, as in
   * diffusers.
   */
  readonly between?: boolean
  /**
   * Where the first inner evaluation of `between` lies, as a fraction of the step in λ: 1/2 or, at order 3, 1/3 by default.
   * The second one lies at 2/3: third order needs it there.
   */
  readonly r1?: number
  /**
   * End with steps of lower order, as the papers' lists do: at order 3 with 2 and 1 evaluations, at order 2 with 1 and 1. By
   * default only if the evaluations are not a multiple of the order, or the last level is clean.
   */
  readonly lowerOrderFinal?: boolean
}

export type StochasticSinglestepOptions = SinglestepOptions & {
  /** 0 is the ODE, 1 the reverse SDE (diffusers' `sde-dpmsolver++`). */
  readonly eta?: number
  readonly sNoise?: number
  /** As diffusers has it: stages with independent noise, and the sign of its third-order `heun` term. */
  readonly reference?: boolean
}

/** DPM-Solver-2 in steps of two evaluations, on the noise (arXiv 2206.00927 algorithm 4). @throws OptionError */
export function dpm2s(options: SinglestepOptions = {}): Solver {
  return member('dpm-2s', 2, 'noise', options)
}

/**
 * DPM-Solver-3 in steps of three evaluations, on the noise (arXiv 2206.00927 algorithm 5). If one evaluation is left over
 * from threes, it is the last step, of first order, and the run is of second order.
 *
 * @throws OptionError
 */
export function dpm3s(options: SinglestepOptions = {}): Solver {
  return member('dpm-3s', 3, 'noise', options)
}

/** DPM-Solver++ 2S, on the data (arXiv 2211.01095 algorithm 1). @throws OptionError */
export function dpmpp2s(options: StochasticSinglestepOptions = {}): Solver {
  return member('dpmpp-2s', 2, 'data', options)
}

/**
 * DPM-Solver++ 3S, on the data (arXiv 2211.01095 appendix B). If one evaluation is left over from threes, it is the last
 * step, of first order, and the run is of second order. With noise it has weak order 2.
 *
 * @throws OptionError
 */
export function dpmpp3s(options: StochasticSinglestepOptions = {}): Solver {
  return member('dpmpp-3s', 3, 'data', options)
}

function member(name: string, order: 2 | 3, view: 'data' | 'noise', options: StochasticSinglestepOptions): Solver {
  const { solverType = 'midpoint', between = false, lowerOrderFinal, eta = 0, ...noise } = options
  checkOption(name, 'eta', eta, 0, 1)
  checkOption(name, 'sNoise', noise.sNoise ?? 1, 0, Number.MAX_VALUE)
  checkChoice(name, 'solverType', solverType, ['midpoint', 'heun'])
  const fractions = fractionsOf(name, order, options.r1)
  const form: SinglestepForm = {
    view,
    solverType,
    stageType: between ? 'heun' : solverType,
    noising: sdeNoise(eta),
    ...noise,
  }
  return {
    name,
    // With noise, the third evaluation does not raise the weak order; independent noise at the stages lowers it by one.
    order: eta === 0 ? order : noise.reference ? 1 : 2,
    plan(levels, process) {
      checkLevels(name, levels)
      const calls = levels.length - 1
      const lower = lowerOrderFinal ?? (calls % order > 0 || levels[calls]!.sigma === 0)
      const groups = between ? levels.slice(1).map(() => 1) : orders(calls, order, lower)
      const steps: Step[] = []
      let [index, start] = [0, 0]
      const push = (from: NoiseLevel, inner: readonly NoiseLevel[], to: NoiseLevel): void => {
        steps.push({ from, to, ...singlestep(from, inner, to, index, form) })
        index += inner.length + 1
      }
      for (const size of groups) {
        for (const [from, ...rest] of wellPosed(levels.slice(start, start + size + 1))) {
          const to = rest.at(-1)!
          const finite = from!.alpha > 0 && to.sigma > 0
          push(from!, between && finite ? innerLevels(name, from!, to, fractions, process) : rest.slice(0, -1), to)
        }
        start += size
      }
      return { steps }
    },
  }
}

/** Where the inner evaluations of a step lie. @throws OptionError where r1 is too close to the other fractions */
export function fractionsOf(name: string, order: 2 | 3, r1: number = 1 / order): readonly number[] {
  checkOption(name, 'r1', r1, 0.01, order === 2 ? 0.99 : 0.65)
  return order === 2 ? [r1] : [r1, 2 / 3]
}

function falling(levels: readonly NoiseLevel[]): boolean {
  return levels.every((level, i) => i === 0 || rho(level) < rho(levels[i - 1]!))
}

/** The levels at fractions of a step in λ: none where the ends differ in the last digit only, with no number between them. */
export function innerLevels(
  name: string,
  from: NoiseLevel,
  to: NoiseLevel,
  fractions: readonly number[],
  process: Process | undefined,
): readonly NoiseLevel[] {
  const [start, end] = [lambda(from), lambda(to)]
  const inner = fractions.map(r => levelAt(name, process, Math.exp(-start - r * (end - start))))
  return falling([from, ...inner, to]) ? inner : []
}

/** How many evaluations each step has, with the given sum (arXiv 2206.00927 §3.4); also for sums of 1 and 2. */
export function orders(calls: number, order: 2 | 3, lower: boolean): readonly number[] {
  const rest = calls % order
  const full = Math.floor(calls / order)
  const end = rest > 0 ? [rest] : lower ? (order === 3 ? [2, 1] : [1, 1]) : [order]
  return [...Array<number>(rest > 0 ? full : full - 1).fill(order), ...end]
}

/**
 * The levels of one step, cut where a step of full order is impossible: after the first interval where λ is infinite at the
 * start, before the last one where λ is infinite at the end, and into single intervals where the nodes lie so close together
 * that the weights of a polynomial through them would be huge.
 */
function wellPosed(levels: readonly NoiseLevel[]): readonly (readonly NoiseLevel[])[] {
  if (levels.length === 2) return [levels]
  if (levels[0]!.alpha === 0) return [levels.slice(0, 2), ...wellPosed(levels.slice(1))]
  if (levels.at(-1)!.sigma === 0) return [...wellPosed(levels.slice(0, -1)), levels.slice(-2)]
  const lambdas = levels.map(lambda)
  const length = lambdas.at(-1)! - lambdas[0]!
  const clustered = lambdas.slice(1, -1).some((inner, i) => inner - lambdas[i]! < 0.01 * length)
  return clustered ? levels.slice(1).map((to, i) => [levels[i]!, to]) : [levels]
}
