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
 * Network, prediction, process and guidance in one: `x` at a level → the estimate of `x0`, by one weighted sum of `x` and
 * the network's outputs. At scale 1 the network is asked for one condition only.
 *
 * @throws GuidanceError
 */
export function denoiser<T, C>(network: Network<T, C>, options: DenoiserOptions<T, C>): Denoise<T> {
  const { process, prediction, condition, guidance, threshold, ops } = options
  const scale = guidance?.scale ?? 1
  if (!Number.isFinite(scale)) throw new GuidanceError('scale', 'a finite number (1 is no guidance)', scale)
  const by = guidance?.rescale?.by ?? 0
  if (!(by >= 0 && by <= 1)) throw new GuidanceError('rescale', 'a number from 0 to 1', by)
  const conditions = guidance === undefined || scale === 1 ? [condition] : [guidance.unconditional, condition]
  return async (x, level, call) => {
    const timestep = level.timestep ?? process.timestep(level)
    const outputs = await network({ x, timestep, level, conditions, call })
    if (outputs.length !== conditions.length) {
      throw new GuidanceError('network', `${conditions.length} outputs, one for each condition`, outputs.length)
    }
    let shares = outputs.length === 1 ? [1] : [1 - scale, scale]
    if (outputs.length === 2 && guidance?.rescale !== undefined && by > 0) {
      const guided = await ops.combine(outputs.map((output, i): Term<T> => [shares[i]!, output]))
      const { standardDeviation } = guidance.rescale
      const ratio = (await standardDeviation(outputs[1]!)) / (await standardDeviation(guided))
      ops.dispose?.(guided)
      shares = shares.map(share => share * (by * ratio + 1 - by))
    }
    const [ofX, ofOutput] = estimate(prediction, level)
    const terms: Term<T>[] = [[ofX, x], ...outputs.map((output, i): Term<T> => [ofOutput * shares[i]!, output])]
    const made = ops.combine(terms.filter(([weight]) => weight !== 0))
    let denoised = made instanceof Promise ? await made : made
    for (const output of outputs) ops.dispose?.(output)
    if (threshold !== undefined) {
      const kept = await threshold(denoised)
      if (kept !== denoised) ops.dispose?.(denoised)
      denoised = kept
    }
    return { denoised }
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

export class GuidanceError extends Error {
  override readonly name = 'Sampler.GuidanceError'
  constructor(subject: string, expected: string, got: number) {
    super(`denoiser: ${subject} must be ${expected}, got ${got}`)
  }
}
