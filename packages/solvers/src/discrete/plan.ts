import type { TokenLayout } from './layout.ts'
import type { Uniform } from './uniforms.ts'

/** Which positions one model evaluation changes. */
export type Selection =
  /** These, of each sequence; an empty list where the call is none of the sequence's. */
  | { readonly kind: 'positions'; readonly positions: readonly (readonly number[])[] }
  /** All but the least confident: how many of each sequence stay noise is known beforehand, which ones is not. */
  | {
      readonly kind: 'rank'
      /** How many stay noise in each sequence; null where the call is none of the sequence's. */
      readonly remaining: readonly (number | null)[]
      /** Whether words written before may become noise again: no, when among the lowest, or only when also in doubt. */
      readonly renoise: 'never' | 'lowest' | 'doubtful'
      /** Whether a word that becomes noise is drawn anew, or stays until it is written over (masks are always put back). */
      readonly fresh: boolean
      /** Gumbel noise on the scores, times this. */
      readonly scatter: number
    }
  /** All, each from `p(x_s|x_t)`; `from` is `alpha` at the call's time t and `to` at the earlier time s. */
  | { readonly kind: 'ancestral'; readonly from: number; readonly to: number }

/** One model evaluation and what it changes. */
export type TokenStep = {
  /** What the network is told: from 1 (noise) to 0, excluded. A model trained with T timesteps wants `T·time`. */
  readonly time: number
  readonly selection: Selection
  /** Words are drawn from `softmax(logits/temperature)`; 0 takes the likeliest. */
  readonly temperature: number
}

/** A whole sampling run over tokens as numbers, known before the first call. It is JSON. */
export type TokenPlan = { readonly layout: TokenLayout; readonly steps: readonly TokenStep[] }

/** From a layout to a plan. */
export type TokenSampler = {
  readonly name: string
  /**
   * @param steps the times are multiples of `1/steps`; where the sampler has a limit, Infinity is continuous time
   * @param random for transition times, where the sampler draws them
   */
  plan(layout: TokenLayout, steps: number, random: Uniform): TokenPlan
}
