import { type Alpha, checkAlpha, cosine, linear } from './alpha.ts'
import { checkTemperature } from './dndm.ts'
import type { TokenLayout } from './layout.ts'
import type { TokenSampler } from './plan.ts'
import { checkSteps } from './transition.ts'

/**
 * Reparameterised decoding (RDM, arXiv:2302.05737): after evaluation i of T, `⌊n·rate(i/T)⌋` of n positions are noise, those
 * with the lowest scores. Words written before become noise again when they are among them (`conditional: false`), or only
 * when the model also predicts the same word with less confidence than before.
 *
 * @param options `stochastic` is the weight of Gumbel noise on the scores, times the rate
 * @throws TokenError
 */
export function rdm(
  options: {
    readonly rate?: Alpha
    readonly conditional?: boolean
    readonly stochastic?: number
    readonly temperature?: number
  } = {},
): TokenSampler {
  const { rate = linear(), conditional = false, stochastic = 0, temperature = 0 } = options
  checkAlpha('rdm: rate', rate)
  checkTemperature('rdm: stochastic', stochastic)
  checkTemperature('rdm', temperature)
  return {
    name: 'rdm',
    plan(layout, steps) {
      checkSteps('rdm', steps, false)
      return {
        layout,
        steps: Array.from({ length: steps }, (_, i) => {
          const left = i === steps - 1 ? 0 : rate((i + 1) / steps)
          return {
            time: (steps - i) / steps,
            selection: {
              kind: 'rank',
              remaining: counts(layout, n => Math.floor(n * left + slack)),
              renoise: conditional ? 'doubtful' : 'lowest',
              fresh: true,
              scatter: stochastic * left,
            },
            temperature,
          }
        }),
      }
    },
  }
}

/**
 * Confidence order (MaskGIT, arXiv:2202.04200, section 3.2): words are drawn for all noisy positions, the most confident
 * ones are kept for good, and `⌈n·rate(i/T)⌉` positions stay noise after evaluation i of T. Evaluations that would keep no
 * word are left out.
 *
 * @param options `scatter` is the weight of Gumbel noise on the scores, falling linearly to 0 (the authors' code: 4.5)
 * @throws TokenError
 */
export function confidence(
  options: { readonly rate?: Alpha; readonly scatter?: number; readonly temperature?: number } = {},
): TokenSampler {
  const { rate = cosine(), scatter = 4.5, temperature = 1 } = options
  checkAlpha('confidence: rate', rate)
  checkTemperature('confidence: scatter', scatter)
  checkTemperature('confidence', temperature)
  return {
    name: 'confidence',
    plan(layout, steps) {
      checkSteps('confidence', steps, false)
      const left = Array.from({ length: steps + 1 }, (_, i) => {
        const part = i === steps ? 0 : rate(i / steps)
        return counts(layout, n => Math.ceil(n * part - slack))
      })
      const evaluations = Array.from({ length: steps }, (_, i) => ({
        time: (steps - i) / steps,
        selection: {
          kind: 'rank',
          remaining: left[i + 1]!.map((count, row) => (count < left[i]![row]! ? count : null)),
          renoise: 'never',
          fresh: false,
          scatter: scatter * (1 - (i + 1) / steps),
        } as const,
        temperature,
      }))
      return { layout, steps: evaluations.filter(({ selection }) => selection.remaining.some(count => count !== null)) }
    },
  }
}

/** Rounding errors of `n·rate` must not move a whole number. */
const slack = 1e-9

function counts({ free }: TokenLayout, count: (positions: number) => number): readonly number[] {
  return free.map(positions => Math.max(0, Math.min(positions.length, count(positions.length))))
}
