import type { Measured } from './measure.ts'

/**
 * The first step from which on T-GATE may freeze the cross-attentions: from there the change of their outputs from call to
 * call stays nearer to its median than to its peak, which it has early. `undefined` without cross-attention, and where the
 * change never settles.
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
 * The longest interval of DeepCache whose oldest features, `interval − 1` calls old, are on average at most `tolerance` away
 * from fresh ones; 1, no reuse, where those of the call before are already further. At most one more than the ages measured.
 *
 * @param aged the mean change at an age of 1, 2, … calls
 */
export function reuseInterval(aged: readonly number[], tolerance: number): number {
  const tooOld = aged.findIndex(change => !(change <= tolerance))
  return tooOld < 0 ? aged.length + 1 : tooOld + 1
}
