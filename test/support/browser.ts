/** A real browser for tests and benchmarks: an installed Chrome or Playwright's Chromium, else that of `chromium.ts`. */
import { existsSync } from 'node:fs'
import { type Browser, chromium as playwright } from 'playwright-core'
import { chromium, unavailable as noChromium, webgpu } from './chromium.ts'

/** Why this machine has no browser for the tests; `undefined` where it has one. */
export const unavailable: string | undefined =
  installed() === undefined && noChromium !== undefined
    ? `${noChromium}; install Chrome, or run: npx playwright install chromium`
    : undefined

/** Starts the browser; pages on http://127.0.0.1 get a WebGPU adapter, SwiftShader's. The caller closes it. */
export async function startBrowser(): Promise<Browser> {
  const path = installed()
  if (path !== undefined) return playwright.launch({ executablePath: path, args: [...webgpu] })
  const { executable, args, env } = await chromium()
  return playwright.launch({ executablePath: executable, args: [...args], env: defined(env) })
}

function installed(): string | undefined {
  return [
    playwright.executablePath(),
    '/opt/google/chrome/chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    String.raw`C:\Program Files\Google\Chrome\Application\chrome.exe`,
  ].find(path => existsSync(path))
}

function defined(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
