/**
 * Keeps the focus where it was when the focused element goes away: what was around it takes the focus, so that Tab goes on
 * from there, and not from the top of the page.
 */
export function keepFocus(root: HTMLElement): void {
  let around: readonly HTMLElement[] = []
  root.addEventListener('focusin', ({ target }) => {
    around = []
    for (
      let element = target as HTMLElement | null;
      element !== null && element !== root;
      element = element.parentElement
    )
      around = [...around, element]
  })
  new MutationObserver(() => {
    const [focused, ...others] = around
    if (focused === undefined || focused.isConnected || document.activeElement !== document.body) return
    around = []
    const place = others.find(element => element.isConnected) ?? root.querySelector('main')
    place?.setAttribute('tabindex', '-1')
    place?.focus({ preventScroll: true })
  }).observe(root, { childList: true, subtree: true })
}
