import type { NoiseLevel } from '@fewstep/schedules'
import type { TensorOps, Term } from '@fewstep/tensor'
import type { Combination, Draw, Plan, View } from './plan.ts'

/** What a network call is told of its place in the run. */
export type Call = {
  readonly step: number
  readonly steps: number
  /** The number of the call within its step. */
  readonly stage: number
  /** The number of the call within the run; caches key on this one. */
  readonly evaluation: number
  readonly evaluations: number
  readonly level: NoiseLevel
  readonly signal?: AbortSignal
}

/** A denoiser's answer: the estimate of `x0`, and the one without guidance where a plan asks for it. */
export type Denoised<T> = { readonly denoised: T; readonly unconditional?: T }

/** Network, prediction type, process and guidance in one: `x` at `level` → the estimate of `x0`. The tensors returned are the callee's gift: `run` disposes them. */
export type Denoise<T> = (x: T, level: NoiseLevel, call: Call) => Denoised<T> | Promise<Denoised<T>>

/** A source of standard normal noise shaped like `like`. */
export type Noise<T> = (like: T, draw: Draw & { readonly step: number; readonly index: number }) => T | Promise<T>

/** What is known after a step. Its tensors are lent until the generator moves on. */
export type StepEvent<T> = {
  readonly step: number
  readonly steps: number
  /** Network calls so far, and in all. */
  readonly evaluations: number
  readonly evaluationsTotal: number
  /** The level that `x` is at. */
  readonly level: NoiseLevel
  readonly x: T
  /** The latest estimate of `x0`, and the level it was made at. */
  readonly denoised: T
  readonly denoisedAt: NoiseLevel
}

export type RunOptions<T> = {
  readonly ops: TensorOps<T>
  readonly denoise: Denoise<T>
  readonly noise?: Noise<T> | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Executes a plan, any plan: one step an event, the final `x` as the return value (and the last event's `x`).
 *
 * The caller keeps the initial `x` and owns the result; every tensor in between is disposed right after the combination
 * that uses it last, also when the run is broken off, aborted or fails.
 *
 * @throws PlanError, and the signal's reason when it aborts
 */
export async function* run<T>(plan: Plan, x: T, on: RunOptions<T>): AsyncGenerator<StepEvent<T>, T> {
  const { ops, denoise, noise, signal } = on
  const { lastUse, total } = checkPlan(plan, noise !== undefined)
  const alive = new Set<T>()
  const keep = (tensor: T): T => {
    alive.add(tensor)
    return tensor
  }
  const drop = (tensor: T): void => {
    if (alive.delete(tensor)) ops.dispose?.(tensor)
  }
  const views = new Map<string, T>()
  const combine = async (combination: Combination, state: T, draws: readonly T[]): Promise<T> => {
    const terms: Term<T>[] = []
    for (const { slot, weight } of combination) {
      if (weight === 0) continue
      const tensor =
        slot.kind === 'state'
          ? state
          : slot.kind === 'draw'
            ? draws[slot.index]!
            : views.get(`${slot.index} ${slot.view}`)!
      terms.push([weight, tensor])
    }
    const made = ops.combine(terms)
    return keep(made instanceof Promise ? await made : made)
  }

  let state = x
  let denoised: { readonly tensor: T; readonly at: NoiseLevel } | undefined
  let evaluation = 0
  try {
    for (const [number, step] of plan.steps.entries()) {
      signal?.throwIfAborted()
      const draws: T[] = []
      for (const [index, draw] of step.draws.entries()) {
        draws.push(keep(await noise!(state, { ...draw, step: number, index })))
      }
      for (const [stage, { level, input }] of step.evaluations.entries()) {
        signal?.throwIfAborted()
        const identity = input.length === 1 && input[0]!.slot.kind === 'state' && input[0]!.weight === 1
        const at = identity ? state : await combine(input, state, draws)
        const call: Call = {
          step: number,
          steps: plan.steps.length,
          stage,
          evaluation,
          evaluations: total,
          level,
          ...(signal === undefined ? {} : { signal }),
        }
        const answer = await denoise(at, level, call)
        keep(answer.denoised)
        if (answer.unconditional !== undefined) keep(answer.unconditional)
        const wanted = (view: View): boolean => lastUse.has(`${evaluation} ${view}`)
        if (wanted('noise')) {
          const made = ops.combine([
            [1 / level.sigma, at],
            [-level.alpha / level.sigma, answer.denoised],
          ])
          views.set(`${evaluation} noise`, keep(made instanceof Promise ? await made : made))
        }
        if (wanted('unconditional')) {
          if (answer.unconditional === undefined) {
            throw new PlanError(
              'the plan uses the estimate without guidance, but denoise returned none',
              'return { denoised, unconditional }',
            )
          }
          views.set(`${evaluation} unconditional`, answer.unconditional)
        } else if (answer.unconditional !== undefined) drop(answer.unconditional)
        if (!identity) drop(at)
        const previous = denoised
        denoised = { tensor: answer.denoised, at: level }
        if (wanted('data')) views.set(`${evaluation} data`, answer.denoised)
        if (previous !== undefined && ![...views.values()].includes(previous.tensor)) drop(previous.tensor)
        evaluation += 1
      }
      const next = await combine(step.output, state, draws)
      for (const draw of draws) drop(draw)
      for (const [key, tensor] of [...views]) {
        if (lastUse.get(key)! > number) continue
        views.delete(key)
        if (tensor !== denoised!.tensor) drop(tensor)
      }
      if (state !== x) drop(state)
      state = next
      yield {
        step: number,
        steps: plan.steps.length,
        evaluations: evaluation,
        evaluationsTotal: total,
        level: step.to,
        x: state,
        denoised: denoised!.tensor,
        denoisedAt: denoised!.at,
      }
    }
    alive.delete(state)
    return state
  } finally {
    for (const tensor of alive) ops.dispose?.(tensor)
  }
}

/** Each evaluation's view → the number of the step that uses it last. */
function checkPlan(
  plan: Plan,
  hasNoise: boolean,
): { readonly lastUse: ReadonlyMap<string, number>; readonly total: number } {
  if (plan.steps.length === 0) throw new PlanError('the plan has no steps', 'plan at least two noise levels')
  const lastUse = new Map<string, number>()
  let total = 0
  for (const [number, step] of plan.steps.entries()) {
    if (number === 0 && step.evaluations.length === 0)
      throw new PlanError('the first step has no evaluation', 'give it one')
    if (step.draws.length > 0 && !hasNoise)
      throw new PlanError('the plan draws noise, and there is no source of it', 'pass { noise }')
    const check = (combination: Combination): void => {
      if (combination.every(({ weight }) => weight === 0))
        throw new PlanError(`step ${number} has an empty sum`, 'give it a term')
      for (const { slot, weight } of combination) {
        if (!Number.isFinite(weight))
          throw new PlanError(`step ${number} has the weight ${weight}`, 'weights must be finite numbers')
        if (slot.kind === 'draw' && step.draws[slot.index] === undefined) {
          throw new PlanError(`step ${number} uses draw ${slot.index} of ${step.draws.length}`, 'declare it in draws')
        }
        if (slot.kind !== 'evaluation') continue
        if (!(slot.index < total))
          throw new PlanError(`step ${number} uses evaluation ${slot.index} before it is made`, 'name earlier ones')
        lastUse.set(`${slot.index} ${slot.view}`, number)
      }
    }
    for (const { level, input } of step.evaluations) {
      if (!(level.sigma > 0))
        throw new PlanError(`step ${number} evaluates at sigma ${level.sigma}`, 'evaluate where there is noise')
      check(input)
      total += 1
    }
    check(step.output)
  }
  return { lastUse, total }
}

export class PlanError extends Error {
  override readonly name = 'Solvers.PlanError'
  constructor(problem: string, remedy: string) {
    super(`run: ${problem}; ${remedy}`)
  }
}
