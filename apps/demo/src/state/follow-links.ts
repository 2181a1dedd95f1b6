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
  let known = ''
  const read = (): boolean => {
    known = window.location.hash
    const { place, problems, draw } = parseHash(known, app.place.peek())
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
      // A link that was followed meanwhile is still to be read.
      if (window.location.hash !== known || known === hash) return
      window.history.replaceState(null, '', hash)
      // As the browser writes it.
      known = window.location.hash
    }, pause)
  })
  return drawAtOnce
}
