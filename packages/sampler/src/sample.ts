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

/** A plan, or a method of adaptive steps with the levels between whose ends it goes. */
export type Way<T> =
  | { readonly plan: Plan }
  | ({ readonly solver: AdaptiveSolver; readonly levels: readonly NoiseLevel[] } & Pick<
      AdaptiveRunOptions<T>,
      'process' | 'error'
    >)

export type SampleOptions<T> = RunOptions<T> &
  Way<T> & {
    /** The noise to start from, scaled to the first level; the caller keeps it. */
    readonly x: T
    /** Called after every step; the event's tensors are lent until it returns. */
    readonly onStep?: ((event: StepEvent<T>) => void | Promise<void>) | undefined
  }

/** Runs a plan, or an adaptive method, to its end. The result is the caller's. @throws what {@link run} and {@link runAdaptive} throw */
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
