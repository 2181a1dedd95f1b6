import { checkFeeds, checkOutputs } from '../feeds.ts'
import type { DeviceValue, Session, Value } from '../runtime.ts'
import type { Link } from './calls.ts'
import type { HeldValue, Protocol, SentValue } from './messages.ts'

/** The values of a runtime that other threads hold. */
export type HeldValues = {
  hold(held: HeldValue, link: Link): DeviceValue
  /** `undefined` for a value that has been disposed, belongs to another runtime, or whose thread has ended. */
  find(value: DeviceValue, link: Link): HeldValue | undefined
  free(value: DeviceValue): void
  /** How many values of a thread have not been freed. */
  count(link: Link): number
}

/** @param freed called after a value has been freed, if its thread still runs */
export function heldValues(freed: () => void): HeldValues {
  const held = new WeakMap<object, { readonly value: HeldValue; readonly link: Link }>()
  const counts = new WeakMap<Link, number>()
  const count = (link: Link): number => counts.get(link) ?? 0
  return {
    count,
    hold(value, link) {
      const handle = {}
      counts.set(link, count(link) + 1)
      held.set(handle, { value, link })
      return { type: value.type, shape: value.shape, handle }
    },
    find({ handle }, link) {
      const found = held.get(handle)
      return found?.link === link ? found.value : undefined
    },
    free({ handle }) {
      const found = held.get(handle)
      if (found === undefined) return
      held.delete(handle)
      const { value, link } = found
      if (link.ended !== undefined) return
      // Errors do not matter: a thread that has ended has freed it.
      link.ask('free', { value: value.id }).catch(() => {})
      counts.set(link, count(link) - 1)
      freed()
    },
  }
}

/** A graph that the other thread has opened, as the caller sees it. */
export function session(
  { session, inputs, outputs }: Protocol['open']['answer'],
  on: {
    readonly label: string
    readonly link: Link
    readonly values: HeldValues
    readonly closed: () => void
    /** Creates an error of the runtime's class. */
    readonly error: (message: string) => Error
    /** Why a run failed, from the library's error message. */
    readonly runProblem: (message: string) => string
  },
): Session {
  const { label, link, values, closed, error, runProblem } = on
  let open = true
  const send = (name: string, value: Value): SentValue => {
    if (value.data !== undefined) return value
    const held = values.find(value, link)
    if (held !== undefined) return held
    throw error(
      `${label}: the input ${name} is a value that has been disposed, or that belongs to another runtime; feed a value of this runtime`,
    )
  }
  const receive = (results: Protocol['run']['answer']): Readonly<Record<string, Value>> =>
    Object.fromEntries(
      Object.entries(results).map(([name, value]) => [name, 'id' in value ? values.hold(value, link) : value]),
    )
  return {
    inputs,
    outputs,
    async run(feeds, { signal, outputs: requested } = {}) {
      signal?.throwIfAborted()
      if (!open) throw error(`${label}: the session has been disposed; open the model again`)
      checkFeeds(label, inputs, feeds)
      checkOutputs(label, outputs, requested)
      // If the thread has ended, its values are gone too. Report the end of the thread, not the missing values.
      if (link.ended !== undefined) throw error(link.ended.message)
      const sentFeeds = Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, send(name, value)]))
      const running = link
        .ask('run', { session, feeds: sentFeeds, outputs: requested })
        .then(receive, ({ message }: Error) => {
          throw error(`${label}: ${link.ended !== undefined ? message : runProblem(message)}`)
        })
      if (signal === undefined) return running
      return untilAborted(running, signal, results => {
        for (const value of Object.values(results)) if (value.data === undefined) values.free(value)
      })
    },
    async dispose() {
      if (!open) return
      open = false
      // The other thread answers in order, so running work finishes first.
      await link.ask('close', { session }).catch(({ message }: Error) => {
        // A thread that has ended has freed everything.
        if (link.ended === undefined) throw error(`${label}: ${message}`)
      })
      closed()
    },
  }
}

/** Resolves as `running` does, or rejects with the signal's reason as soon as it aborts. A late result goes to `discard`. */
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
