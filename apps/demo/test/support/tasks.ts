import type { Browser, Page } from 'playwright-core'

type TraceEvent = {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  /** Processor time, in µs. */
  readonly tdur?: number
  readonly args: { readonly name?: string }
}

/**
 * Watches the tasks of a page's main thread; the function returned ends that, and tells the longest in ms. Of processor time,
 * unlike what PerformanceObserver tells of long tasks, so that a busy machine does not lengthen them.
 *
 * @throws Error where the browser has recorded no tasks
 */
export async function watchTasks(browser: Browser, page: Page): Promise<() => Promise<number>> {
  await browser.startTracing(page, { categories: ['toplevel', '__metadata'] })
  return async () => {
    const trace = JSON.parse((await browser.stopTracing()).toString()) as {
      readonly traceEvents: readonly TraceEvent[]
    }
    const mains = new Set(
      trace.traceEvents
        .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
        .map(({ pid, tid }) => `${pid} ${tid}`),
    )
    const tasks = trace.traceEvents
      .filter(({ ph, pid, tid, tdur }) => ph === 'X' && tdur !== undefined && mains.has(`${pid} ${tid}`))
      .map(({ tdur }) => tdur! / 1000)
    if (tasks.length === 0) throw new Error('the browser has recorded no tasks; expected those of a page that draws')
    return Math.max(...tasks)
  }
}
