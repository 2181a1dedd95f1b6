import { effect } from '@preact/signals'
import type { App } from './app.ts'
import { parseHash, printHash } from './link.ts'

/** How long a change waits until the address tells it: browsers allow few changes a second. */
const pause = 250

/**
 * Keeps the address and the page's state the same. Returns whether the address that the page was opened with asks to draw
 * at once.
 */
export function followLinks(app: App, window: Window): boolean {
  const read = (): boolean => {
    const { place, problems, draw } = parseHash(window.location.hash, app.place.peek())
    app.place.value = place
    app.notices.value = problems
    return draw
  }
  const drawAtOnce = read()
  window.addEventListener('hashchange', () => {
    if (read()) void app.generate()
  })
  let timer = 0
  effect(() => {
    const hash = printHash(app.place.value)
    window.clearTimeout(timer)
    timer = window.setTimeout(() => {
      if (window.location.hash !== hash) window.history.replaceState(null, '', hash)
    }, pause)
  })
  return drawAtOnce
}
