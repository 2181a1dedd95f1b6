import type { Cell, Timetable } from './cell.ts'

/**
 * A timetable as text, one line per step: the step's number, then what each of its evaluations does. `full`, `shallow` (deep
 * features reused), `full or shallow` (decided during the run), `gated` (cross-attention reused), `forecast`. `×2` means two
 * conditions, `+Δ` guidance with the difference of an earlier evaluation.
 */
export function printTimetable(cells: Timetable): string {
  const steps = new Map<number, string[]>()
  for (const cell of cells) steps.set(cell.step, [...(steps.get(cell.step) ?? []), describe(cell)])
  const width = String(Math.max(...steps.keys())).length
  return [...steps].map(([step, calls]) => `${String(step).padStart(width)}  ${calls.join(', ')}`).join('\n')
}

function describe({ output, deep, cross, self, guidance }: Cell): string {
  if (output === 'forecast') return 'forecast'
  const parts = [
    cross === 'reuse' ? 'gated' : undefined,
    deep === 'reuse'
      ? 'shallow'
      : deep === 'decide'
        ? `${cross === 'reuse' ? 'whole' : 'full'} or shallow`
        : cross === 'reuse'
          ? undefined
          : 'full',
    self === 'reuse' ? 'self-attention reused' : undefined,
    guidance === 'both' ? '×2' : guidance === 'kept' ? '+Δ' : undefined,
  ]
  return parts.filter(part => part !== undefined).join(' ')
}
