type Event = {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  /** Time of the processor in microseconds, which does not depend on what else the machine does. */
  readonly tdur?: number
  /** Time on the clock in microseconds. */
  readonly dur?: number
  readonly args?: { readonly name?: string }
}

/** The time of each task of the pages' main threads, of the processor or on the clock, in ms, from a trace with the category `toplevel`. */
export function mainThreadTasks(trace: Buffer, by: 'processor' | 'clock' = 'processor'): readonly number[] {
  const { traceEvents } = JSON.parse(trace.toString()) as { readonly traceEvents: readonly Event[] }
  const main = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  )
  return traceEvents
    .filter(({ name, pid, tid }) => name === 'ThreadControllerImpl::RunTask' && main.has(`${pid} ${tid}`))
    .map(({ tdur = 0, dur = 0 }) => (by === 'processor' ? tdur : dur) / 1000)
}
