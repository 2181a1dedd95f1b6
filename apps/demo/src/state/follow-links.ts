import { effect } from '@preact/signals'
import type { App } from './app.ts'
import { parseHash, printHash } from './link.ts'

/** How long a change waits until the address shows it: browsers allow few changes a second. */
const pause = 250

/**
 * Keeps the address and the page's state the same. Returns whether the address that the page was opened with asks to draw
 * at once.
 *
 * @param settled until then the address stays as it was opened, so that a reload finds all of it
 */
export function followLinks(app: App, window: Window, settled: Promise<unknown> = Promise.resolve()): boolean {
  let known = ''
  const read = (): boolean => {
    known = window.location.hash
    const before = app.place.peek()
    const { place, problems, draw } = parseHash(known, before)
    // A link that only changes the view leaves the text typed in the fields.
    if (printHash({ ...before, view: place.view }) === printHash(place)) app.place.value = place
    else app.show(place)
    app.notices.value = problems
    return draw
  }
  const write = (): void => {
    const hash = printHash(app.place.peek())
    // A link that was followed meanwhile is still to be read.
    if (window.location.hash !== known || known === hash) return
    window.history.replaceState(null, '', hash)
    // As the browser writes it.
    known = window.location.hash
  }
  const drawAtOnce = read()
  window.addEventListener('hashchange', () => {
    if (read()) void app.generate()
  })
  let timer = 0
  effect(() => {
    app.place.value
    window.clearTimeout(timer)
    timer = window.setTimeout(() => void settled.then(write), pause)
  })
  return drawAtOnce
}
