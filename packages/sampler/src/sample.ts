import type { NoiseLevel } from '@fewstep/schedules'
import {
  type AdaptiveRunOptions,
  type AdaptiveSolver,
  type Plan,
  type RunOptions,
  run,
  runAdaptive,
  type StepEvent,
} from '@fewstep/solvers'

/** What to run: a plan, or an adaptive solver with noise levels, of which it uses the first and the last. */
export type Way<T> =
  | { readonly plan: Plan }
  | ({ readonly solver: AdaptiveSolver; readonly levels: readonly NoiseLevel[] } & Pick<
      AdaptiveRunOptions<T>,
      'process' | 'error'
    >)

/** Options of {@link sample}. */
export type SampleOptions<T> = RunOptions<T> &
  Way<T> & {
    /** The noise to start from, scaled to the first level. It stays the caller's. */
    readonly x: T
    /** Called after every step. The event's tensors are valid until the callback returns. */
    readonly onStep?: ((event: StepEvent<T>) => void | Promise<void>) | undefined
  }

/**
 * Runs a plan, or an adaptive solver, to its end. The caller owns the result.
 *
 * @throws the errors of {@link run} and {@link runAdaptive}
 * @example await sample({ plan: solver.plan(levels, process), x, ops, denoise })
 */
export async function sample<T>(options: SampleOptions<T>): Promise<T> {
  const { x, onStep, ...on } = options
  const events = 'plan' in on ? run(on.plan, x, on) : runAdaptive(on.solver, on.levels, x, on)
  try {
    for (;;) {
      const { value, done } = await events.next()
      if (done === true) return value
      await onStep?.(value)
    }
  } finally {
    await events.return(x)
  }
}
