import type { Drawing } from './drawing.ts'
import type { Lane } from './place.ts'

/** One solver at one number of calls. */
export type Heat = {
  readonly solver: string
  readonly calls: number
  /** `undefined` where the solver has no run of at most so many calls. */
  readonly lane: Lane | undefined
  readonly drawing?: Drawing
  /** To the converged picture, in dB. */
  readonly psnr?: number
}

export type Race = {
  readonly converged: Drawing
  readonly heats: readonly Heat[]
}

export function withHeat(race: Race, index: number, change: Partial<Heat>): Race {
  return { ...race, heats: race.heats.map((heat, i) => (i === index ? { ...heat, ...change } : heat)) }
}

/** Whether no other heat of so many calls came nearer. */
export function isBest(race: Race, heat: Heat): boolean {
  if (heat.psnr === undefined) return false
  const others = race.heats.filter(({ calls, psnr }) => calls === heat.calls && psnr !== undefined)
  return others.length > 1 && others.every(({ psnr = Number.NEGATIVE_INFINITY }) => psnr <= heat.psnr!)
}
