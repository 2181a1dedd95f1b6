import { readFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'

/** The bytes of memory that a browser's pages and its GPU's process hold, where the system tells; 0 elsewhere. */
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
