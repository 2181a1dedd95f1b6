import { needsNumber, ScheduleError } from './errors.ts'
import type { NoiseLevel, Process } from './level.ts'

/** Where a run ends: without noise, or at the cleanest level of the process. */
export type Terminal = 'zero' | 'first'

/**
 * How a level between two timesteps is rounded. The model gets the exact timestep, the nearest whole one or the one below, as
 * in diffusers' classes, and the level stays. With `snap` the level itself moves to the nearest whole timestep, so that it
 * agrees with the timestep of a model that takes whole timesteps only.
 */
export type Rounding = 'none' | 'nearest' | 'down' | 'snap'

/** Rounds to the nearest whole number, halves to the even one. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value)
  const part = value - below
  if (part !== 0.5) return part < 0.5 ? below : below + 1
  return below % 2 === 0 ? below : below + 1
}

function rounded(value: number, rounding: Rounding): number {
  if (rounding === 'none') return value
  return rounding === 'down' ? Math.floor(value) : roundHalfEven(value)
}

export function checkSteps(name: string, steps: number): void {
  needsNumber(name, 'steps', steps, { whole: true, minimum: 1 })
}

/**
 * Noise levels with the end after them, strictly falling. A last level equal to the end is left out, because the step between
 * them would do nothing.
 */
export function ending(
  name: string,
  noisy: readonly NoiseLevel[],
  terminal: Terminal,
  process: Process,
): readonly NoiseLevel[] {
  const end: NoiseLevel = terminal === 'zero' ? { alpha: 1, sigma: 0 } : process.level(process.first)
  const latest = noisy[noisy.length - 1]!
  // Up to rounding: a level from its sigma and one from its timestep differ in the last digits.
  const repeats = end.sigma > 0 && Math.abs(ratio(latest) / ratio(end) - 1) < 1e-9
  const kept = noisy.length > 1 && repeats ? noisy.slice(0, -1) : noisy
  return falling(name, [...kept, end])
}

/** @throws ScheduleError unless the levels are finite and fall */
export function falling(name: string, levels: readonly NoiseLevel[]): readonly NoiseLevel[] {
  levels.forEach((level, i) => {
    const falls = i === 0 || ratio(level) < ratio(levels[i - 1]!)
    if (falls && Number.isFinite(level.alpha) && Number.isFinite(level.sigma)) return
    throw new ScheduleError(
      name,
      `does not fall at level ${i} of ${levels.length - 1} (sigma/alpha ${ratio(levels[Math.max(i - 1, 0)]!)}, then ${ratio(level)}); take fewer steps`,
    )
  })
  return levels
}

/** `sigma/alpha`. */
export function ratio({ alpha, sigma }: NoiseLevel): number {
  return sigma / alpha
}

/** The process's level with this `sigma/alpha`; its timestep, which the model gets, is rounded as `rounding` says. */
export function levelAt(process: Process, rho: number, rounding: Rounding): NoiseLevel {
  const timestep = process.timestep({ alpha: 1, sigma: rho })
  if (rounding === 'snap') return process.level(roundHalfEven(timestep))
  return { ...process.level(timestep), timestep: rounded(timestep, rounding) }
}
