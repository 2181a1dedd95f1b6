import type { Watched } from '@fewstep/onnx-graph'
import { MeasureError } from './errors.ts'

/** How the values that caches reuse change over a run. */
export type Changes = {
  /**
   * For each model evaluation, the mean change of the cross-attention outputs since the previous evaluation. `undefined` for the
   * first one, and for all of them where the model has no cross-attention.
   */
  readonly cross: readonly (number | undefined)[]
  /** The same for self-attention. */
  readonly self: readonly (number | undefined)[]
  /** The same for the deep features of each branch, and their mean change over several evaluations. */
  readonly deep: readonly {
    readonly branch: number
    readonly changes: readonly (number | undefined)[]
    /** The mean change over 1, 2, … evaluations. */
    readonly aged: readonly number[]
  }[]
}

/** Collects the values of model evaluations. */
export type ChangeCounter = {
  /** Adds one value of one evaluation. A run starts at `call` 0; `of` is the number of the condition. */
  add(seen: { readonly call: number; readonly of: number; readonly value: string; readonly data: Float32Array }): void
  result(calls: number): Changes
}

type Sum = { total: number; count: number }

/**
 * The change of a value v at evaluation i against evaluation i − k is `‖v_i − v_{i−k}‖ / ‖v_i‖` (L2 norms): the relative error
 * of reusing the older value. Means are over layers, conditions and runs.
 *
 * `add` throws a MeasureError for values that are not finite, or that are all 0 after other values.
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
            `expected finite values other than 0, but ${value} overflows or is all 0 at evaluation ${call}; use a float32 model, or another number of steps`,
          )
        if (i === 0) count(`${group} at ${call}`, change)
        count(`${group} aged ${i + 1}`, change)
      }
      // Attention outputs are large, so they are compared with the previous evaluation only.
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
