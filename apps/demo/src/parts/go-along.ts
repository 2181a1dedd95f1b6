/** Arrow keys that go along a row of buttons. */
export function goAlong(event: KeyboardEvent): void {
  const buttons = [...(event.currentTarget as Element).querySelectorAll('button')]
  const to = target(event.key, buttons.indexOf(event.target as HTMLButtonElement), buttons.length)
  if (to === undefined) return
  event.preventDefault()
  buttons[to]?.focus()
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
