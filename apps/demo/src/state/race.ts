import type { Drawing } from './drawing.ts'
import type { Lane } from './place.ts'

/** One solver at one number of evaluations. */
export type Heat = {
  readonly solver: string
  readonly calls: number
  /** `undefined` where the solver has no run of at most so many evaluations. */
  readonly lane: Lane | undefined
  readonly drawing?: Drawing
  /** To the converged image, in dB. */
  readonly psnr?: number
}

export type Race = {
  readonly converged: Drawing
  /** The solvers that were entered, by name. */
  readonly entrants: readonly string[]
  readonly heats: readonly Heat[]
}

export function withHeat(race: Race, index: number, change: Partial<Heat>): Race {
  return { ...race, heats: race.heats.map((heat, i) => (i === index ? { ...heat, ...change } : heat)) }
}

/** Whether no other heat of so many evaluations came nearer. */
export function isBest(race: Race, heat: Heat): boolean {
  if (heat.psnr === undefined) return false
  const others = race.heats.filter(({ calls, psnr }) => calls === heat.calls && psnr !== undefined)
  return others.length > 1 && others.every(({ psnr = Number.NEGATIVE_INFINITY }) => psnr <= heat.psnr!)
}
