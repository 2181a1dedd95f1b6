import type { Plan } from '@fewstep/solvers'

/** A place on an axis, from 0 at its beginning to 1 at its end. */
type Tick = { readonly at: number; readonly label: string }

/**
 * A logarithmic axis of noise-to-signal `rho = sigma/alpha` from the noisiest level at 0 to the cleanest at 1. Levels
 * without noise have no logarithm: they lie at 1, a little beyond the cleanest of the others.
 */
export type LevelAxis = { at(rho: number): number; readonly ticks: readonly Tick[] }

/** The length on the axis between the cleanest level and the end without noise. */
const rest = 0.06

export function levelAxis(rhos: readonly number[]): LevelAxis {
  const noisy = rhos.filter(rho => rho > 0 && Number.isFinite(rho)).map(Math.log10)
  // A run of one level, and none, still have an axis.
  const [low, high] = noisy.length === 0 ? [-1, 1] : [Math.min(...noisy), Math.max(...noisy)]
  const [from, to] = high - low < 0.1 ? [high + 0.5, low - 0.5] : [high, low]
  const at = (rho: number): number => {
    if (rho <= 0) return 1
    if (!Number.isFinite(rho)) return 0
    return ((from - Math.log10(rho)) / (from - to)) * (1 - rest)
  }
  const powers = Array.from({ length: Math.floor(from) - Math.ceil(to) + 1 }, (_, i) => Math.floor(from) - i)
  return {
    at,
    ticks: [...powers.map(power => ({ at: at(10 ** power), label: decimal(power) })), { at: 1, label: '0' }],
  }
}

/** `rho` at the beginning of each step, and at the end of the last. */
export function rhosOf({ steps }: Plan): readonly number[] {
  const last = steps.at(-1)
  return [...steps.map(({ from }) => from), ...(last === undefined ? [] : [last.to])].map(
    ({ alpha, sigma }) => sigma / alpha,
  )
}

function decimal(power: number): string {
  return power >= 0 ? String(10 ** power) : (10 ** power).toFixed(-power)
}
