import type { Watched } from '@fewstep/onnx-graph'
import { MeasureError } from './errors.ts'

/** How the values that caches reuse change over a run. */
export type Changes = {
  /**
   * The mean change of the cross-attentions' outputs from the call before, for each call; `undefined` for the first, and
   * for all where there are none.
   */
  readonly cross: readonly (number | undefined)[]
  readonly self: readonly (number | undefined)[]
  /** The same of each branch's deep features, and over the whole run how far they are from those of so many calls before. */
  readonly deep: readonly {
    readonly branch: number
    readonly changes: readonly (number | undefined)[]
    /** The mean change at an age of 1, 2, … calls. */
    readonly aged: readonly number[]
  }[]
}

/** Gathers the values of calls. */
export type ChangeCounter = {
  /** One value at one call; runs begin at call 0, and `of` tells conditions apart. */
  add(seen: { readonly call: number; readonly of: number; readonly value: string; readonly data: Float32Array }): void
  result(calls: number): Changes
}

type Sum = { total: number; count: number }

/**
 * The change of a value v at call i against call i − k is `‖v_i − v_{i−k}‖ / ‖v_i‖` (L2 norms): the relative error that
 * reusing the older one would make. Means are over layers, conditions and runs.
 *
 * `add` throws a MeasureError where values are not finite, or all 0 after others.
 */
export function changeCounter({ deep, attention }: Watched, ages: number): ChangeCounter {
  const past = new Map<string, readonly Float32Array[]>()
  const sums = new Map<string, Sum>()
  const count = (key: string, change: number): void => {
    const { total, count } = sums.get(key) ?? { total: 0, count: 0 }
    sums.set(key, { total: total + change, count: count + 1 })
  }
  const mean = (key: string): number | undefined => {
    const sum = sums.get(key)
    return sum && sum.total / sum.count
  }
  const groups = new Map([
    ...deep.map(({ branch, value }) => [value, `deep ${branch}`] as const),
    ...attention.map(({ kind, value }) => [value, kind] as const),
  ])
  return {
    add({ call, of, value, data }) {
      const key = `${of} ${value}`
      const before = call === 0 ? [] : (past.get(key) ?? [])
      const group = groups.get(value)!
      for (const [i, old] of before.entries()) {
        const change = relativeChange(data, old)
        if (!Number.isFinite(change))
          throw new MeasureError(
            `expected finite values, got ones at the call ${call} of ${value} that are all 0 or overflow; use a float32 model, or other steps`,
          )
        if (i === 0) count(`${group} at ${call}`, change)
        count(`${group} aged ${i + 1}`, change)
      }
      // Attention is compared with the call before only: there is much of it.
      past.set(key, [data, ...before].slice(0, group.startsWith('deep') ? ages : 1))
    },
    result(calls) {
      const changes = (group: string) => Array.from({ length: calls }, (_, call) => mean(`${group} at ${call}`))
      return {
        cross: changes('cross'),
        self: changes('self'),
        deep: deep.map(({ branch }) => ({
          branch,
          changes: changes(`deep ${branch}`),
          aged: Array.from({ length: ages }, (_, i) => mean(`deep ${branch} aged ${i + 1}`)).filter(
            change => change !== undefined,
          ),
        })),
      }
    },
  }
}

function relativeChange(now: Float32Array, before: Float32Array): number {
  let difference = 0
  let size = 0
  for (let i = 0; i < now.length; i++) {
    difference += (now[i]! - before[i]!) ** 2
    size += now[i]! ** 2
  }
  return difference === 0 ? 0 : Math.sqrt(difference / size)
}
