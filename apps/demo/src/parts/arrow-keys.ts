/** A row of buttons of which one is in the tab order, and arrow keys that go along it. */
export function useArrowKeys(count: number, current: number, go: (index: number) => void) {
  const held = Math.max(0, current)
  return {
    tabIndex: (index: number): 0 | -1 => (index === held ? 0 : -1),
    onKeyDown(event: KeyboardEvent): void {
      const to = target(event.key, held, count)
      if (to === undefined) return
      event.preventDefault()
      go(to)
      const row = event.currentTarget as Element
      row.querySelectorAll<HTMLElement>('button, [role="button"]')[to]?.focus()
    },
  }
}

function target(key: string, from: number, count: number): number | undefined {
  switch (key) {
    case 'ArrowRight':
    case 'ArrowDown':
      return Math.min(from + 1, count - 1)
    case 'ArrowLeft':
    case 'ArrowUp':
      return Math.max(from - 1, 0)
    case 'Home':
      return 0
    case 'End':
      return count - 1
    default:
      return undefined
  }
}
