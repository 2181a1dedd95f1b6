import type { NoiseLevel, Process } from '@fewstep/schedules'
import type { Denoise } from '@fewstep/solvers'
import type { TensorOps, Term } from '@fewstep/tensor'
import type { Network, Prediction } from './network.ts'

export type Guidance<T, C> = {
  /** `F = F_u + scale·(F_c − F_u)` (arXiv 2207.12598 eq. 6, in the form where 1 is no guidance). */
  readonly scale: number
  readonly unconditional: C
  /** How far the result's standard deviation is drawn back to the conditional output's, 0 to 1 (arXiv 2305.08891 §3.4). */
  readonly rescale?: { readonly by: number; standardDeviation(tensor: T): number | Promise<number> }
}

export type DenoiserOptions<T, C> = {
  readonly process: Process
  readonly prediction: Prediction
  readonly condition: C
  readonly guidance?: Guidance<T, C>
  /** Applied to the estimate of `x0`, such as clipping or thresholding for pixel models. */
  readonly threshold?: (denoised: T) => T | Promise<T>
  readonly ops: TensorOps<T>
}

/**
 * Network, prediction, process and guidance in one: `x` at a level → the views that the plan uses (the estimate of `x0`,
 * the noise, the estimate without guidance), each by one weighted sum of `x` and the network's outputs. At scale 1 the
 * network is asked for one condition only, unless the plan uses the estimate without guidance.
 *
 * @throws GuidanceError
 */
export function denoiser<T, C>(network: Network<T, C>, options: DenoiserOptions<T, C>): Denoise<T> {
  const { process, prediction, condition, guidance, threshold, ops } = options
  const scale = guidance?.scale ?? 1
  if (!Number.isFinite(scale)) throw new GuidanceError('scale', 'a finite number (1 is no guidance)', scale)
  const by = guidance?.rescale?.by ?? 0
  if (!(by >= 0 && by <= 1)) throw new GuidanceError('rescale', 'a number from 0 to 1', by)
  return async (x, level, call) => {
    const { views } = call
    const both = views.has('unconditional') || scale !== 1
    if (both && guidance === undefined)
      throw new GuidanceError('guidance', 'given to a solver that steps from the unconditional estimate', scale)
    const conditions = both ? [guidance!.unconditional, condition] : [condition]
    const timestep = level.timestep ?? process.timestep(level)
    const outputs = await network({ x, timestep, level, conditions, call })
    if (outputs.length !== conditions.length)
      throw new GuidanceError('network', `${conditions.length} outputs, one for each condition`, outputs.length)
    const shares = both ? [1 - scale, scale] : [1]
    const rescaling = both && scale !== 1 && by > 0 ? await rescaled(outputs, shares) : 1
    const made = new Set<T>()
    const sum = async ([ofX, ofOutput]: readonly [number, number], shares: readonly number[]): Promise<T> => {
      const terms: Term<T>[] = [[ofX, x], ...outputs.map((output, i): Term<T> => [ofOutput * shares[i]!, output])]
      const kept = terms.filter(([weight]) => weight !== 0)
      // A network that predicts the noise has made the answer itself.
      const [only] = kept
      const tensor = kept.length === 1 && only![0] === 1 && only![1] !== x ? only![1] : await ops.combine(kept)
      made.add(tensor)
      return tensor
    }
    const guided = shares.map(share => share * rescaling)
    const unconditional = views.has('unconditional') ? await sum(estimate(prediction, level), [1, 0]) : undefined
    const wantsNoise = views.has('noise') && threshold === undefined
    const noise = wantsNoise ? await sum(noiseEstimate(prediction, level), guided) : undefined
    let denoised = wantsNoise && !views.has('data') ? undefined : await sum(estimate(prediction, level), guided)
    for (const output of outputs) if (!made.has(output)) ops.dispose?.(output)
    if (threshold !== undefined && denoised !== undefined) {
      const kept = await threshold(denoised)
      if (kept !== denoised) ops.dispose?.(denoised)
      denoised = kept
    }
    return {
      ...(denoised === undefined ? {} : { denoised }),
      ...(noise === undefined ? {} : { noise }),
      ...(unconditional === undefined ? {} : { unconditional }),
    }
  }

  async function rescaled(outputs: readonly T[], shares: readonly number[]): Promise<number> {
    const { standardDeviation } = guidance!.rescale!
    const guided = await ops.combine(outputs.map((output, i): Term<T> => [shares[i]!, output]))
    const ratio = (await standardDeviation(outputs[1]!)) / (await standardDeviation(guided))
    ops.dispose?.(guided)
    return by * ratio + 1 - by
  }
}

/** The weights of `x` and of the network's output in the estimate of `x0`; see {@link Prediction}. */
export function estimate(
  prediction: Prediction,
  { alpha, sigma }: NoiseLevel,
): readonly [ofX: number, ofOutput: number] {
  switch (prediction) {
    case 'epsilon':
      if (alpha === 0)
        throw new GuidanceError(
          'epsilon',
          'a level with some signal: use a v or sample model, or another schedule, where alpha is',
          0,
        )
      return [1 / alpha, -sigma / alpha]
    case 'v': {
      const norm = alpha * alpha + sigma * sigma
      return [alpha / norm, -sigma / Math.sqrt(norm)]
    }
    case 'sample':
      return [0, 1]
    case 'flow':
      return [1 / (alpha + sigma), -sigma / (alpha + sigma)]
  }
}

/** The weights of `x` and of the network's output in the noise `(x − alpha·D)/sigma`; see {@link Prediction}. */
export function noiseEstimate(
  prediction: Prediction,
  { alpha, sigma }: NoiseLevel,
): readonly [ofX: number, ofOutput: number] {
  switch (prediction) {
    case 'epsilon':
      return [0, 1]
    case 'v': {
      const norm = alpha * alpha + sigma * sigma
      return [sigma / norm, alpha / Math.sqrt(norm)]
    }
    case 'sample':
      return [1 / sigma, -alpha / sigma]
    case 'flow':
      return [1 / (alpha + sigma), alpha / (alpha + sigma)]
  }
}

export class GuidanceError extends Error {
  override readonly name = 'Sampler.GuidanceError'
  constructor(subject: string, expected: string, got: number) {
    super(`denoiser: ${subject} must be ${expected}, got ${got}`)
  }
}
