import type { Value, ValueOps } from '@fewstep/runtime'

/** Values that an evaluation stores for later ones, by key. A value is freed when it is replaced. */
export type Kept = {
  get(key: string): Value | undefined
  /** Takes ownership of the value. */
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
