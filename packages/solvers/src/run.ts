import type { NoiseLevel } from '@fewstep/schedules'
import type { TensorOps, Term } from '@fewstep/tensor'
import { checkPlan, PlanError } from './check-plan.ts'
import type { Combination, Draw, Plan, View } from './plan.ts'

/** The place of a model evaluation in the run. */
export type Call = {
  readonly step: number
  readonly steps: number
  /** The number of the evaluation within its step. */
  readonly stage: number
  /** The number of the evaluation within the run; caches decide by this one. */
  readonly evaluation: number
  readonly evaluations: number
  readonly level: NoiseLevel
  /** The views of the result that the plan uses. */
  readonly views: ReadonlySet<View>
  readonly signal?: AbortSignal
}

/**
 * The result of a denoiser: the estimate of `x0`, the noise `(x − alpha·D)/sigma` that belongs to it, and the estimate of
 * `x0` without guidance.
 *
 * `denoised` is always enough. Return `noise` as well, or instead where `views` has no `data`: it saves a sum where the model
 * predicts the noise. `rawNoise` is the noise before the estimate was clipped, by default `noise`. `unconditional` is required
 * where `views` has it.
 */
export type Denoised<T> = {
  readonly denoised?: T
  readonly noise?: T
  readonly rawNoise?: T
  readonly unconditional?: T
}

/**
 * Model, prediction type, process and guidance in one function: `x` at `level` → the estimate of `x0`. `run` disposes the
 * tensors that it returns.
 */
export type Denoise<T> = (x: T, level: NoiseLevel, call: Call) => Denoised<T> | Promise<Denoised<T>>

/** A source of standard normal noise shaped like `like`. */
export type Noise<T> = (like: T, draw: Draw & { readonly step: number; readonly index: number }) => T | Promise<T>

/** The state after a step. Its tensors are valid until the generator moves on. */
export type StepEvent<T> = {
  readonly step: number
  readonly steps: number
  /** Model evaluations so far, and in all. */
  readonly evaluations: number
  readonly evaluationsTotal: number
  /** How much of the run is done, 0 to 1: the share of its evaluations or, in an adaptive run, of its distance in λ. */
  readonly progress: number
  /** The level that `x` is at. */
  readonly level: NoiseLevel
  readonly x: T
  /** Returns the latest estimate of `x0`, computed on request where the plan does not use it; `denoisedAt` is its level. */
  denoised(): T | Promise<T>
  readonly denoisedAt: NoiseLevel
}

export type RunOptions<T> = {
  readonly ops: TensorOps<T>
  readonly denoise: Denoise<T>
  readonly noise?: Noise<T> | undefined
  readonly signal?: AbortSignal | undefined
}

/** The latest evaluation, from which its views are computed. */
type Estimate<T> = {
  readonly level: NoiseLevel
  readonly input: T
  data: T | undefined
  noise: T | undefined
}

/**
 * Executes any plan: yields one event for each step and returns the final `x`, which is also the `x` of the last event.
 *
 * The caller keeps the initial `x` and owns the result. Every other tensor is disposed right after the combination that uses
 * it last, or when the run stops early, is aborted or fails.
 *
 * @throws PlanError, and the signal's reason when it aborts
 */
export async function* run<T>(plan: Plan, x: T, on: RunOptions<T>): AsyncGenerator<StepEvent<T>, T> {
  const { ops, denoise, noise, signal } = on
  const { views: uses, evaluations, lastUse } = checkPlan(plan)
  const steps = plan.steps.length
  if (noise === undefined && plan.steps.some(({ draws }) => draws.length > 0))
    throw new PlanError('the plan draws noise', 'pass { noise }')
  /** Tensors by the number of their holders; the initial x has one more, the caller. */
  const holders = new Map<T, number>([[x, 1]])
  const hold = (tensor: T): T => {
    holders.set(tensor, (holders.get(tensor) ?? 0) + 1)
    return tensor
  }
  const release = (...tensors: readonly (T | undefined)[]): void => {
    for (const tensor of tensors) {
      if (tensor === undefined) continue
      const left = holders.get(tensor)! - 1
      if (left > 0) holders.set(tensor, left)
      else if (holders.delete(tensor)) ops.dispose?.(tensor)
    }
  }
  const sum = async (terms: readonly Term<T>[]): Promise<T> => hold(await ops.combine(terms))
  const results = new Map<string, { readonly tensor: T; readonly until: number }>()
  const combine = (combination: Combination, state: T, draws: readonly T[]): Promise<T> =>
    sum(
      combination
        .filter(({ weight }) => weight !== 0)
        .map(({ slot, weight }): Term<T> => {
          if (slot.kind === 'state') return [weight, state]
          if (slot.kind === 'draw') return [weight, draws[slot.index]!]
          return [weight, results.get(`${slot.index} ${slot.view}`)!.tensor]
        }),
    )
  const view = async (estimate: Estimate<T>, name: View): Promise<T> => {
    const { level, input, data, noise: epsilon } = estimate
    const { alpha, sigma } = level
    // x = alpha·x0 + sigma·ε, solved for what is missing.
    const solved = (part: number, other: number, given: T): Promise<T> =>
      sum([
        [1 / part, input],
        [-other / part, given],
      ])
    const kind = name === 'data' ? name : 'noise'
    if (kind === 'data' && data === undefined && alpha === 0)
      throw new PlanError('noise alone does not give x0 where alpha is 0', 'return { denoised }')
    estimate[kind] ??= await (kind === 'data' ? solved(alpha, sigma, epsilon!) : solved(sigma, alpha, data!))
    return estimate[kind]
  }

  let state = hold(x)
  let latest: Estimate<T> | undefined
  let evaluation = 0
  try {
    for (const [number, step] of plan.steps.entries()) {
      signal?.throwIfAborted()
      const draws: T[] = []
      for (const [index, draw] of step.draws.entries())
        draws.push(hold(await noise!(state, { ...draw, step: number, index })))
      for (const [stage, { level, input }] of step.evaluations.entries()) {
        signal?.throwIfAborted()
        const identity = input.length === 1 && input[0]!.slot.kind === 'state' && input[0]!.weight === 1
        const at = identity ? hold(state) : await combine(input, state, draws)
        const views = uses[evaluation]!
        const answer = await denoise(at, level, {
          step: number,
          steps,
          stage,
          evaluation,
          evaluations,
          level,
          views,
          ...(signal === undefined ? {} : { signal }),
        })
        if (latest !== undefined) release(latest.input, latest.data, latest.noise)
        latest = { level, input: at, ...held(answer) }
        for (const name of views) {
          const given =
            name === 'unconditional' ? answer.unconditional : name === 'raw-noise' ? answer.rawNoise : undefined
          const tensor = name === 'unconditional' ? given : (given ?? (await view(latest, name)))
          if (tensor === undefined)
            throw new PlanError('denoise returned no unconditional estimate', 'return { denoised, unconditional }')
          results.set(`${evaluation} ${name}`, { tensor: hold(tensor), until: lastUse(evaluation, name) })
        }
        release(answer.unconditional, answer.rawNoise)
        evaluation += 1
      }
      const next = await combine(step.output, state, draws)
      release(...draws, state)
      for (const [key, { tensor, until }] of results) {
        if (until > number) continue
        results.delete(key)
        release(tensor)
      }
      state = next
      const estimate = latest!
      yield {
        step: number,
        steps,
        evaluations: evaluation,
        evaluationsTotal: evaluations,
        progress: evaluation / evaluations,
        level: step.to,
        x: state,
        denoised: () => {
          if (latest !== estimate)
            throw new PlanError(
              'the estimate of an earlier step is disposed',
              'call denoised() in time, before the next step',
            )
          return view(estimate, 'data')
        },
        denoisedAt: estimate.level,
      }
    }
    holders.delete(state)
    return state
  } finally {
    latest = undefined
    holders.delete(x)
    for (const tensor of holders.keys()) ops.dispose?.(tensor)
  }

  function held(answer: Denoised<T>): { data: T | undefined; noise: T | undefined } {
    const { denoised, noise: epsilon, rawNoise, unconditional } = answer
    for (const tensor of [denoised, epsilon, rawNoise, unconditional]) if (tensor !== undefined) hold(tensor)
    if (denoised === undefined && epsilon === undefined)
      throw new PlanError('denoise returned no estimate and no noise', 'return { denoised }')
    return { data: denoised, noise: epsilon }
  }
}
