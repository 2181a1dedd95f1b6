import { checkNumber } from '@fewstep/errors'
import { TuneError } from './errors.ts'
import { importance } from './importance.ts'

/**
 * `‖D(x_t, t) − D(x_u, u)‖²` of one example, t < u both in `sigma/alpha`: how much a denoiser's estimate changes between
 * two noise levels. The number of an example selects its data and noise, so that candidates are compared on the same ones.
 */
export type EstimateGap = (t: number, u: number, example: number) => number | Promise<number>

/** Options of {@link klub}. */
export type KlubOptions = {
  readonly gap: EstimateGap
  /** The number of examples for each interval. */
  readonly examples: number
  /** The standard deviation c of the data, used only for importance sampling; the paper's 0.5 where absent. */
  readonly dataDeviation?: number
}

/**
 * The bound on the KL divergence between a sampler's result and the data that Align Your Steps minimises (arXiv:2404.14507, for
 * alpha = 1, without the constant factor), for one interval between levels:
 * `∫_lower^u t^-3·E‖D(x_t, t) − D(x_u, u)‖² dt`, by importance sampling at the mid-quantiles.
 *
 * @throws TuneError for an invalid interval or option, and for a gap that is negative or not finite
 */
export async function intervalKlub(lower: number, u: number, options: KlubOptions): Promise<number> {
  const { gap, examples, dataDeviation = 0.5 } = options
  if (!(lower > 0 && u > lower && Number.isFinite(u))) {
    throw new TuneError('klub', 'an interval with 0 < lower < upper', `${lower} and ${u}`)
  }
  const refuse = (option: string, value: number) => (expected: string) =>
    new TuneError(`klub: ${option}`, expected, `${value}`)
  checkNumber(examples, { whole: true, minimum: 1 }, refuse('examples', examples))
  checkNumber(dataDeviation, { above: 0 }, refuse('dataDeviation', dataDeviation))
  const guide = importance(lower, u, dataDeviation)
  let sum = 0
  for (let example = 0; example < examples; example++) {
    // Steps of the golden ratio spread the examples evenly over the interval, for any number of examples.
    const part = ((example + 0.5) * golden) % 1
    const t = guide.quantile(part)
    const value = await gap(t, u, example)
    if (!(value >= 0 && Number.isFinite(value))) {
      throw new TuneError('gap', 'a finite number of at least 0', `${value} at sigma ${t} and ${u}`)
    }
    sum += value / guide.gap(t)
  }
  return (guide.mass * sum) / examples
}

const golden = (Math.sqrt(5) - 1) / 2

/** The sum of {@link intervalKlub} over falling levels of `sigma/alpha`. @throws TuneError */
export async function klub(sigmas: readonly number[], options: KlubOptions): Promise<number> {
  let sum = 0
  for (let i = 1; i < sigmas.length; i++) sum += await intervalKlub(sigmas[i]!, sigmas[i - 1]!, options)
  return sum
}
