import { checkFeeds, checkOutputs, type DeviceValue, type Session, type Value } from '@fewstep/runtime'
import type { Link } from './link.ts'
import type { HeldValue, Protocol, SentValue } from './messages.ts'
import { runProblem } from './problems.ts'
import { RuntimeNodeError } from './runtime-node-error.ts'

/** Which value of the worker each value of a runtime is. */
export type HeldValues = {
  hold(held: HeldValue): DeviceValue
  /** `undefined` for a value that has been disposed, or that another runtime made. */
  find(value: DeviceValue): HeldValue | undefined
  free(value: DeviceValue): void
  /** How many have not been freed. */
  readonly count: number
}

export function heldValues(link: Link, freed: () => void): HeldValues {
  const held = new WeakMap<object, HeldValue>()
  let count = 0
  return {
    get count() {
      return count
    },
    hold(value) {
      const handle = {}
      count += 1
      held.set(handle, value)
      return { type: value.type, shape: value.shape, handle }
    },
    find: value => held.get(value.handle),
    free({ handle }) {
      const value = held.get(handle)
      if (value === undefined || !held.delete(handle) || link.ended) return
      // Nobody waits for it, and a thread that has ended has freed it.
      link.ask('free', { value: value.id }).catch(() => {})
      count -= 1
      freed()
    },
  }
}

/** A graph that the worker has opened, as the caller sees it. */
export function session(
  { session, inputs, outputs }: Protocol['open']['answer'],
  on: { readonly label: string; readonly link: Link; readonly values: HeldValues; readonly closed: () => void },
): Session {
  const { label, link, values, closed } = on
  let open = true
  const send = (name: string, value: Value): SentValue => {
    if (value.data !== undefined) return value
    const held = values.find(value)
    if (held !== undefined) return held
    throw new RuntimeNodeError(
      `${label}: the input ${name} is a value that has been disposed, or that another runtime made; feed one that is there`,
    )
  }
  const receive = (results: Protocol['run']['answer']): Readonly<Record<string, Value>> =>
    Object.fromEntries(
      Object.entries(results).map(([name, value]) => [name, 'id' in value ? values.hold(value) : value]),
    )
  return {
    inputs,
    outputs,
    async run(feeds, { signal, outputs: wanted } = {}) {
      signal?.throwIfAborted()
      if (!open) throw new RuntimeNodeError(`${label}: the session has been disposed; open the model again`)
      checkFeeds(label, inputs, feeds)
      checkOutputs(label, outputs, wanted)
      const given = Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, send(name, value)]))
      const running = link.ask('run', { session, feeds: given, outputs: wanted }).then(receive, (error: Error) => {
        throw new RuntimeNodeError(link.ended ? error.message : `${label}: ${runProblem(error.message)}`)
      })
      if (signal === undefined) return running
      return untilAborted(running, signal, results => {
        for (const value of Object.values(results)) if (value.data === undefined) values.free(value)
      })
    },
    async dispose() {
      if (!open) return
      open = false
      // The worker answers in order, so whatever runs is finished first.
      await link.ask('close', { session }).catch((error: Error) => {
        // A thread that has ended has freed everything.
        if (!link.ended) throw new RuntimeNodeError(`${label}: ${error.message}`)
      })
      closed()
    },
  }
}

/** What `running` gives, or the signal's reason as soon as it aborts; then what comes too late is given to `discard`. */
function untilAborted<R>(running: Promise<R>, signal: AbortSignal, discard: (late: R) => void): Promise<R> {
  return new Promise<R>((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason)
      running.then(discard, () => {})
    }
    signal.addEventListener('abort', abort, { once: true })
    running.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
