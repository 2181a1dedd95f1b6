import type { NoiseLevel, Process } from '@fewstep/schedules'

/** A continuous process in one of the frames: the level at a ratio `rho = sigma/alpha`, and its smooth timestep. */
export type Frame = { readonly name: string; readonly process: Process; at(rho: number): NoiseLevel }

const frame = (
  name: string,
  toRho: (t: number) => number,
  toTime: (rho: number) => number,
  alpha: (rho: number) => number,
): Frame => {
  const at = (rho: number): NoiseLevel => ({ alpha: alpha(rho), sigma: alpha(rho) * rho, timestep: toTime(rho) })
  return {
    name,
    at,
    process: {
      level: t => at(toRho(t)),
      timestep: ({ alpha, sigma }) => toTime(sigma / alpha),
      first: toTime(1e-3),
      last: toTime(1e3),
    },
  }
}

const [slope, least] = [19.9, 0.1]

/** Variance preserving, of the continuous process `ln(1 + ρ²) = slope·t²/2 + least·t` (arXiv 2206.00364, table 1). */
const vp: Frame = frame(
  'VP',
  t => Math.sqrt(Math.expm1((slope * t * t) / 2 + least * t)),
  rho => (Math.sqrt(least * least + 2 * slope * Math.log1p(rho * rho)) - least) / slope,
  rho => 1 / Math.hypot(1, rho),
)

/** Variance exploding, with EDM's timestep `ln(σ)/4`. */
const ve: Frame = frame(
  'VE',
  t => Math.exp(4 * t),
  rho => Math.log(rho) / 4,
  () => 1,
)

/** Flow matching: `alpha = 1 − sigma`, the timestep is sigma. */
const flow: Frame = frame(
  'flow',
  t => t / (1 - t),
  rho => rho / (1 + rho),
  rho => 1 / (1 + rho),
)

export const frames: readonly Frame[] = [vp, ve, flow]

/** Ratios from 10 to 0.1 at `steps + 1` nodes. */
export type Grid = { readonly name: string; rhos(steps: number): readonly number[] }

const [highest, lowest] = [10, 0.1]
const nodes = (steps: number, at: (u: number) => number): readonly number[] =>
  Array.from({ length: steps + 1 }, (_, i) => at(i / steps))

export const grids: readonly Grid[] = [
  { name: 'logarithmic', rhos: steps => nodes(steps, u => highest * (lowest / highest) ** u) },
  {
    name: 'Karras',
    rhos: steps => nodes(steps, u => (highest ** (1 / 7) + u * (lowest ** (1 / 7) - highest ** (1 / 7))) ** 7),
  },
  {
    // Step lengths in λ that swell and shrink smoothly, by a factor of three.
    name: 'wobbling',
    rhos: steps =>
      nodes(steps, u => highest * (lowest / highest) ** (u + (0.5 * Math.sin(4 * Math.PI * u)) / (4 * Math.PI))),
  },
]

/** Equal steps in ρ, from 10 to 0.5: on these the fixed weights of Adams and Bashforth have their own order. */
export const even: Grid = { name: 'even', rhos: steps => nodes(steps, u => highest + u * (0.5 - highest)) }
