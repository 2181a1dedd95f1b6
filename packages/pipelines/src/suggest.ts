import type { Measured } from './measure.ts'

/**
 * Suggests the gate of T-GATE: the first step from which on the change of the cross-attention outputs stays closer to its median
 * than to its peak, which is early in the run. `undefined` without cross-attention, and where the change never settles.
 *
 * @example settledStep(await measureReuse(folder, options))?.step
 */
export function settledStep({
  cross,
  calls,
}: Pick<Measured, 'cross' | 'calls'>):
  | { readonly step: number; readonly peak: number; readonly median: number }
  | undefined {
  const changes = cross.filter(change => change !== undefined)
  if (changes.length === 0) return undefined
  const peak = Math.max(...changes)
  const median = [...changes].sort((a, b) => a - b)[Math.floor(changes.length / 2)]!
  const last = cross.findLastIndex(change => change !== undefined && change > (peak + median) / 2)
  const step = calls[last + 1]?.step
  return step === undefined ? undefined : { step, peak, median }
}

/**
 * Suggests the interval of DeepCache: the longest one whose oldest features, `interval − 1` evaluations old, differ from fresh
 * ones by at most `tolerance` on average. It is 1, no reuse, where even the features of the previous evaluation differ by more,
 * and at most one more than the number of measured ages.
 *
 * @param aged the mean change over 1, 2, … evaluations
 */
export function reuseInterval(aged: readonly number[], tolerance: number): number {
  const tooOld = aged.findIndex(change => !(change <= tolerance))
  return tooOld < 0 ? aged.length + 1 : tooOld + 1
}
