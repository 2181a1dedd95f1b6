import type { NoiseLevel, Process } from '@fewstep/schedules'
import { ancestral } from './ancestral.ts'
import { levelAt } from './between.ts'
import type { Combination, Evaluation, Plan, Solver } from './plan.ts'
import { type Denoise, type RunOptions, run, type StepEvent } from './run.ts'
import type { Verdict } from './step-control.ts'
import { AdaptiveError, meanError, type StepError, type Tolerance } from './step-error.ts'
import { checkLevels, firstOrder, lambda, rho, unchanged } from './weights.ts'

/**
 * A method that chooses its steps during the run. It is not a `Solver`, because it has no plan in advance: each attempt is a
 * small plan, and {@link runAdaptive} runs one after the other.
 */
export type AdaptiveSolver = {
  readonly name: string
  readonly order: number
  readonly eta: number
  readonly sNoise: number
  readonly tolerance: Tolerance
  /** The length of the first attempt, in λ. */
  readonly firstStep: number
  /** Creates the rule for the step lengths of one run. */
  control(): (error: number) => Verdict
  /** One step: its evaluations, its result of lower order, and the sum that leads from there to the result of higher order. */
  attempt(
    from: NoiseLevel,
    to: NoiseLevel,
    process: Process | undefined,
  ): { readonly evaluations: readonly Evaluation[]; readonly low: Combination; readonly rise: Combination }
}

/** Whether a solver is adaptive, rather than one that plans all steps in advance. */
export function isAdaptive(solver: Solver | AdaptiveSolver): solver is AdaptiveSolver {
  return 'attempt' in solver
}

export type AdaptiveRunOptions<T> = RunOptions<T> & {
  readonly process?: Process | undefined
  /** By default `ops.meanAbsolute` of the difference, over `max(absolute, relative·max(low, previous))`. */
  readonly error?: StepError<T> | undefined
}

/**
 * Runs an adaptive solver between the ends of a schedule: from its first level to its last noisy one in steps that the
 * tolerance allows. A start without signal and a clean end take one further step each. Each accepted step is one event;
 * rejected attempts count in `evaluations`. `steps` and `evaluationsTotal` are estimates until the last event.
 *
 * The caller keeps the initial `x` and owns the result. All other tensors are disposed, also when the run ends early.
 *
 * @throws AdaptiveError where errors cannot be measured, or no step is short enough; and the errors of {@link run}
 */
export async function* runAdaptive<T>(
  solver: AdaptiveSolver,
  levels: readonly NoiseLevel[],
  x: T,
  on: AdaptiveRunOptions<T>,
): AsyncGenerator<StepEvent<T>, T> {
  const { ops, process, noise, signal } = on
  const { name, eta, sNoise, tolerance, order } = solver
  checkLevels(name, levels)
  const measure = on.error ?? meanError(name, ops)
  if (eta > 0 && noise === undefined)
    throw new AdaptiveError(name, 'draws noise, but there is no source of it; pass { noise }')
  const noisy = levels.filter(({ alpha, sigma }) => alpha > 0 && sigma > 0)
  const last = levels.at(-1)!
  const end = noisy.at(-1)
  const judge = solver.control()
  const owned = new Set<T>()
  const own = (tensor: T): T => {
    owned.add(tensor)
    return tensor
  }
  const release = (tensor: T): void => {
    if (owned.delete(tensor)) ops.dispose?.(tensor)
  }
  let [state, level, length, step, calls] = [x, levels[0]!, solver.firstStep, 0, 0]
  let before = { tensor: x, alpha: level.alpha }

  const left = (): number => {
    const way = end === undefined || level.alpha === 0 || level.sigma === 0 ? 0 : lambda(end) - lambda(level)
    return Math.ceil(way / length - close) + (level !== last && last.sigma === 0 ? 1 : 0)
  }
  /** The part of the run that is done, measured in λ; the step to a clean end counts as one evaluation. */
  const covered = (): number => {
    if (level === last) return 1
    if (end === undefined || level.alpha === 0) return 0
    const way = lambda(end) - lambda(noisy[0]!)
    const part = way > 0 ? (lambda(level) - lambda(noisy[0]!)) / way : 1
    return last.sigma === 0 ? (part * calls) / (calls + 1) : part
  }
  const denoise: Denoise<T> = (at, where, call) => {
    const more = Math.max(1, left())
    const numbers = { step, steps: step + more, evaluation: calls, evaluations: calls + more * order }
    calls += 1
    return on.denoise(at, where, { ...call, ...numbers })
  }

  try {
    while (level !== last) {
      signal?.throwIfAborted()
      const adaptive = level.alpha > 0 && level !== end
      const to = adaptive ? target() : level.alpha === 0 ? (noisy[0] ?? last) : last
      // The deterministic part of a step with noise ends lower, but not below the end.
      const down = adaptive ? Math.max(ancestral(level, to, { eta }).down, rho(end!)) : rho(to)
      const lower = { ...to, sigma: to.alpha * down }
      const events = run(adaptive ? attempt(lower) : single(to), state, { ops, denoise, signal })
      try {
        let inner = (await events.next()).value as StepEvent<T>
        let low: T | undefined
        if (adaptive) {
          low = own(await ops.combine([[1, inner.x]]))
          const previous = own(await ops.combine([[to.alpha / before.alpha, before.tensor]]))
          inner = (await events.next()).value as StepEvent<T>
          const allowed = { absolute: tolerance.absolute * to.alpha, relative: tolerance.relative }
          const error = await measure(low, inner.x, previous, allowed)
          release(previous)
          if (!(error >= 0))
            throw new AdaptiveError(
              name,
              `the error of a step came out as ${error}; check the model's outputs for NaN or Infinity`,
            )
          const { accept, factor } = judge(error)
          length *= factor
          if (!accept) {
            release(low)
            // The same attempt to the end would fail again.
            while (lambda(end!) - lambda(level) - length < close) length *= factor
            if (length < shortest)
              throw new AdaptiveError(name, `no step of ${shortest} in λ is short enough; raise atol and rtol`)
            continue
          }
        }
        const up = to.alpha * Math.sqrt(Math.max(0, (rho(to) - down) * (rho(to) + down))) * sNoise
        const drawn = adaptive && eta > 0 ? own(await noise!(state, { from: level, to, step, index: 0 })) : undefined
        const next = own(
          await ops.combine(
            drawn === undefined
              ? [[1, inner.x]]
              : [
                  [1, inner.x],
                  [up, drawn],
                ],
          ),
        )
        if (drawn !== undefined) release(drawn)
        release(before.tensor)
        release(state)
        before = { tensor: low ?? next, alpha: to.alpha }
        state = next
        level = to
        const more = left()
        yield {
          ...inner,
          step: step++,
          steps: step + more,
          evaluations: calls,
          evaluationsTotal: calls + more * order,
          progress: covered(),
          level,
          x: state,
        }
      } finally {
        await events.return(x)
      }
    }
    owned.delete(state)
    return state
  } finally {
    for (const tensor of owned) ops.dispose?.(tensor)
  }

  function target(): NoiseLevel {
    const [start, final] = [lambda(level), lambda(end!)]
    return final - start - length < close ? end! : levelAt(name, process, Math.exp(-start - length))
  }

  function attempt(to: NoiseLevel): Plan {
    const { evaluations, low, rise } = solver.attempt(level, to, process)
    const move = { from: level, to, draws: [] }
    return {
      steps: [
        { ...move, evaluations, output: low },
        { ...move, evaluations: [], output: rise },
      ],
    }
  }

  function single(to: NoiseLevel): Plan {
    const evaluations = [{ level, input: unchanged }]
    return { steps: [{ from: level, to, draws: [], evaluations, output: firstOrder(level, to, 0) }] }
  }
}

/** A distance in λ too short for a separate step, and the shortest step allowed. */
const [close, shortest] = [1e-5, 1e-7]
