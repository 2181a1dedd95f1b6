import type { Options } from './config.ts'

/** Betas of the less common schedules, in float32 as in torch. */
export const otherBetas: Readonly<Record<'sigmoid' | 'laplace' | 'exp', (o: Options) => readonly number[]>> = {
  /** A sigmoid from −6 to 6, scaled to both ends (arXiv 2203.02923). */
  sigmoid({ beta_start: start, beta_end: end, num_train_timesteps: count }) {
    return Array.from({ length: count }, (_, i) => {
      const part = 1 / (1 + Math.exp(6 - (12 * i) / (count - 1)))
      return Math.fround(part * (end - start) + start)
    })
  },
  /** λ of a Laplace distribution in t (arXiv 2407.03297), with diffusers' root of ᾱ. */
  laplace: o =>
    fromBar(o, t => {
      const log = -0.5 * Math.sign(0.5 - t || 1) * Math.log(1 - 2 * Math.abs(0.5 - t) + 1e-6)
      return Math.sqrt(Math.exp(log) / (1 + Math.exp(log)))
    }),
  exp: o => fromBar(o, t => Math.exp(-12 * t)),
}

function fromBar({ num_train_timesteps: count }: Options, bar: (t: number) => number): readonly number[] {
  return Array.from({ length: count }, (_, i) =>
    Math.fround(Math.min(1 - bar((i + 1) / count) / bar(i / count), 0.999)),
  )
}
