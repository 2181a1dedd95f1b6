import type { Value, ValueOps } from '@fewstep/runtime'

/** Values that calls keep for later ones, by a key; each is freed when another takes its place. */
export type Kept = {
  get(key: string): Value | undefined
  /** Takes the value over. */
  set(key: string, value: Value): void
  clear(): void
}

export function kept({ dispose }: Pick<ValueOps, 'dispose'>): Kept {
  const values = new Map<string, Value>()
  return {
    get: key => values.get(key),
    set(key, value) {
      const before = values.get(key)
      if (before !== undefined) dispose(before)
      values.set(key, value)
    },
    clear() {
      for (const value of values.values()) dispose(value)
      values.clear()
    },
  }
}
