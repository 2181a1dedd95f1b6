import process from 'node:process'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Where a signal ends the process during `work`, calls `clean` first. SIGINT is left to those who listen for it already.
 * `clean` says whether the process may end now; if not, it ends after `work`.
 */
export async function cleanedOnSignal<T>(clean: () => boolean, work: () => Promise<T>): Promise<T> {
  let late: NodeJS.Signals | undefined
  const mine = signals.filter(signal => signal !== 'SIGINT' || process.listenerCount(signal) === 0)
  const stop = (): void => {
    for (const signal of mine) process.removeListener(signal, end)
  }
  const end = (signal: NodeJS.Signals): void => {
    if (!clean()) {
      late = signal
      return
    }
    stop()
    // Without a listener it ends the process, and whoever waits for it sees by which signal.
    process.kill(process.pid, signal)
  }
  for (const signal of mine) process.on(signal, end)
  try {
    return await work()
  } finally {
    stop()
    if (late !== undefined) process.kill(process.pid, late)
  }
}
