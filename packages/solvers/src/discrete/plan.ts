import type { TokenLayout } from './layout.ts'
import type { Uniform } from './uniforms.ts'

/** Which positions one model evaluation changes. */
export type Selection =
  /** The positions of each sequence; an empty list where the evaluation does not change a sequence. */
  | { readonly kind: 'positions'; readonly positions: readonly (readonly number[])[] }
  /** All but the least confident positions: the plan says how many of each sequence stay noise; the scores say which. */
  | {
      readonly kind: 'rank'
      /** How many stay noise in each sequence; null where the evaluation does not change a sequence. */
      readonly remaining: readonly (number | null)[]
      /** Whether words written before may become noise again: never, when among the lowest, or only when also less confident. */
      readonly renoise: 'never' | 'lowest' | 'doubtful'
      /** Whether a word that becomes noise is drawn again, or stays until it is written over (masks are always put back). */
      readonly fresh: boolean
      /** The weight of Gumbel noise on the scores. */
      readonly scatter: number
    }
  /** All positions, each from `p(x_s|x_t)`; `from` is `alpha` at the evaluation's time t and `to` at the earlier time s. */
  | { readonly kind: 'ancestral'; readonly from: number; readonly to: number }

/** One model evaluation and what it changes. */
export type TokenStep = {
  /** The time that the model gets: from 1 (noise) to 0, excluded. A model trained with T timesteps takes `T·time`. */
  readonly time: number
  readonly selection: Selection
  /** Words are drawn from `softmax(logits/temperature)`; 0 takes the most likely word. */
  readonly temperature: number
}

/** A sampling run over tokens as numbers, complete before the first evaluation. It can be stored as JSON. */
export type TokenPlan = { readonly layout: TokenLayout; readonly steps: readonly TokenStep[] }

/** Turns a layout into a plan. */
export type TokenSampler = {
  readonly name: string
  /**
   * @param steps the times are multiples of `1/steps`; Infinity is continuous time, for samplers that have it
   * @param random for transition times, where the sampler draws them
   */
  plan(layout: TokenLayout, steps: number, random: Uniform): TokenPlan
}
