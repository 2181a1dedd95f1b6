import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'

/** The bytes of memory of a browser's pages and its GPU process on Linux; 0 on other systems. */
export async function memoryOf(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession()
  try {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo')
    const held = processInfo.filter(({ type }) => type === 'renderer' || type === 'GPU').map(({ id }) => resident(id))
    return held.reduce((a, b) => a + b, 0)
  } finally {
    await session.detach()
  }
}

function resident(process: number): number {
  try {
    const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${process}/status`, 'utf8')) ?? []
    return Number(kilobytes ?? 0) * 1024
  } catch {
    return 0
  }
}

/** As {@link memoryOf}, after the page and its workers have collected their garbage. */
export async function settledMemoryOf(browser: Browser, page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page)
  try {
    await session.send('HeapProfiler.collectGarbage')
    await session.send('Memory.simulatePressureNotification', { level: 'critical' })
    // Settled if it has not fallen by a megabyte in ten measurements.
    let least = await memoryOf(browser)
    for (let looks = 0; looks < 10; looks++) {
      await setTimeout(50)
      const now = await memoryOf(browser)
      if (now < least - 2 ** 20) looks = 0
      least = Math.min(least, now)
    }
    return least
  } finally {
    await session.detach()
  }
}
