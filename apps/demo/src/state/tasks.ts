import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals'

/** What is drawn, by the view that it belongs to. */
export type Task = 'generate' | 'compare' | 'race'

export type Tasks = {
  /** The tasks that run or wait for the model. */
  readonly running: ReadonlySignal<ReadonlySet<Task>>
  /** Whether one of them draws: it has found the model open. */
  readonly drawing: ReadonlySignal<boolean>
  /**
   * Runs a task; one of the same name that runs already is stopped. `ready` is for `act` to await: it resolves when
   * `mayDraw` does, and rejects where the task is stopped before.
   */
  run(task: Task, act: (stop: AbortSignal, ready: Promise<void>) => Promise<void>): Promise<void>
  /** Stops a task; all of them where none is named. */
  stop(task?: Task): void
}

type Run = { readonly stop: AbortController; readonly done: Promise<void> }

export function tasks(mayDraw: (stop: AbortSignal) => Promise<void>): Tasks {
  const runs: Signal<ReadonlyMap<Task, Run>> = signal(new Map())
  const active: Signal<ReadonlySet<AbortController>> = signal(new Set())
  return {
    running: computed(() => new Set(runs.value.keys())),
    drawing: computed(() => active.value.size > 0),
    async run(task, act) {
      const before = runs.peek().get(task)
      const stop = new AbortController()
      let done = (): void => {}
      const own: Run = { stop, done: new Promise(resolve => (done = resolve)) }
      runs.value = new Map(runs.peek()).set(task, own)
      if (before !== undefined) {
        before.stop.abort()
        await before.done
      }
      const ready = mayDraw(stop.signal).then(() => {
        active.value = new Set(active.peek()).add(stop)
      })
      // Whoever awaits it hears of a failure; nobody need.
      ready.catch(() => {})
      try {
        await act(stop.signal, ready)
      } finally {
        active.value = new Set([...active.peek()].filter(other => other !== stop))
        if (runs.peek().get(task) === own) runs.value = new Map([...runs.peek()].filter(([name]) => name !== task))
        done()
      }
    },
    stop(task) {
      for (const [name, { stop }] of runs.peek()) if (task === undefined || name === task) stop.abort()
    },
  }
}

/** Resolves when a signal's value fits. @throws the reason of `stop` where that comes first */
export function until<T>(values: ReadonlySignal<T>, fits: (value: T) => boolean, stop: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (stop.aborted) return reject(stop.reason)
    if (fits(values.peek())) return resolve()
    const end = values.subscribe(value => {
      if (!fits(value)) return
      // A first call comes before `end` is there; it does not fit, or the promise were resolved above.
      end()
      resolve()
    })
    stop.addEventListener(
      'abort',
      () => {
        end()
        reject(stop.reason)
      },
      { once: true },
    )
  })
}
