import { type Plan, type RunOptions, run, type StepEvent } from '@fewstep/solvers'

export type SampleOptions<T> = RunOptions<T> & {
  readonly plan: Plan
  /** The noise to start from, scaled to the first level; the caller keeps it. */
  readonly x: T
  /** Called after every step; the event's tensors are lent until it returns. */
  readonly onStep?: ((event: StepEvent<T>) => void | Promise<void>) | undefined
}

/** Runs a plan to its end. The result is the caller's. @throws what {@link run} throws */
export async function sample<T>(options: SampleOptions<T>): Promise<T> {
  const { plan, x, onStep, ...on } = options
  const events = run(plan, x, on)
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
