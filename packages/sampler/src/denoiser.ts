import type { Timetable } from '@fewstep/cachers'
import { checkNumber } from '@fewstep/errors'
import type { NoiseLevel, Process } from '@fewstep/schedules'
import type { Denoise } from '@fewstep/solvers'
import type { TensorOps, Term } from '@fewstep/tensor'
import { GuidanceError } from './guidance-error.ts'
import type { Network, Prediction } from './network.ts'
import { estimate, noiseEstimate } from './prediction.ts'

/** Classifier-free guidance. */
export type Guidance<T, C> = {
  /**
   * `F = F_u + scale·(F_c − F_u)` (arXiv 2207.12598 eq. 6, in the form where 1 is no guidance). The formula holds for any
   * number: 0 is the unconditional estimate, from 0 to 1 the two are mixed, and below 0 the prompt is avoided. Pipelines
   * (diffusers', and those of `@fewstep/pipelines`) treat 1 and less as no guidance instead.
   */
  readonly scale: number
  /** The condition of the empty or negative prompt. */
  readonly unconditional: C
  /** How far to rescale the result's standard deviation to that of the conditional output, 0 to 1 (arXiv 2305.08891 §3.4). */
  readonly rescale?: { readonly by: number; standardDeviation(tensor: T): number | Promise<number> }
  /** Guidance ends for the rest of the run once the two estimates of `x0` differ by less than this share of the conditional one. */
  readonly until?: number
}

/** Options of {@link denoiser}. */
export type DenoiserOptions<T, C> = {
  readonly process: Process
  readonly prediction: Prediction
  readonly condition: C
  readonly guidance?: Guidance<T, C>
  /** What each model evaluation computes and reuses, from `timetable` of `@fewstep/cachers`. */
  readonly timetable?: Timetable
  /**
   * Applied to each estimate of `x0`: `clip()` or `dynamicThreshold()` for models of pixels. The noise is then computed from
   * the result, except for plans that use the noise before the threshold (`raw-noise`).
   */
  readonly threshold?: ((denoised: T) => T | Promise<T>) | undefined
  readonly ops: TensorOps<T>
}

/** A denoiser that stores tensors between evaluations. The last evaluation that needs them frees them, or else `dispose`. */
export type Denoiser<T> = Denoise<T> & { dispose(): void }

/**
 * Combines model, prediction, process and guidance: `x` at a level → the views that the plan uses (the estimate of `x0`, the
 * noise, the estimate without guidance). Each view is one weighted sum of `x` and the model's outputs. The model is evaluated for
 * one condition only at scale 1 and where the timetable says so, unless the plan uses the estimate without guidance.
 *
 * @throws GuidanceError for options out of range, and where the model returns another number of outputs than conditions
 * @example denoiser(network, { process, prediction: 'epsilon', condition, ops: float32Ops() })
 */
export function denoiser<T, C>(network: Network<T, C>, options: DenoiserOptions<T, C>): Denoiser<T> {
  const { process, prediction, condition, guidance, timetable, threshold, ops } = options
  const scale = guidance?.scale ?? 1
  checkNumber(scale, {}, expected => new GuidanceError('scale', `${expected} (1 is no guidance)`, scale))
  const by = guidance?.rescale?.by ?? 0
  if (!(by >= 0 && by <= 1)) throw new GuidanceError('rescale', 'a number from 0 to 1', by)
  const until = guidance?.until ?? 0
  if (until > 0 && ops.meanAbsolute === undefined)
    throw new GuidanceError('until', '0 for ops without meanAbsolute', until)
  const lastKept = timetable?.findLastIndex(cell => cell.guidance === 'kept') ?? -1
  let difference: T | undefined
  let ended = false
  const forget = (): void => {
    if (difference !== undefined) ops.dispose?.(difference)
    difference = undefined
  }
  const denoise: Denoise<T> = async (x, level, call) => {
    const { views, evaluation } = call
    if (evaluation === 0) {
      forget()
      ended = false
    }
    const cell = timetable?.[evaluation]
    const evaluated = scale === 1 || ended ? 'alone' : (cell?.guidance ?? 'both')
    const withoutToo = views.has('unconditional') && difference === undefined
    const both = evaluated === 'both' || withoutToo
    if (both && guidance === undefined)
      throw new GuidanceError('guidance', 'given to a solver that steps from the unconditional estimate', scale)
    const conditions = both ? [guidance!.unconditional, condition] : [condition]
    const timestep = level.timestep ?? process.timestep(level)
    const outputs = await network({
      x,
      timestep,
      level,
      conditions,
      call,
      ...(cell === undefined ? {} : { cell }),
    })
    if (outputs.length !== conditions.length)
      throw new GuidanceError('network', `${conditions.length} outputs, one for each condition`, outputs.length)
    const conditional = outputs.at(-1)!
    if (both && (evaluation < lastKept || until > 0)) {
      forget()
      difference = await ops.combine([
        [1, conditional],
        [-1, outputs[0]!],
      ])
      if (until > 0 && level.alpha > 0) ended = (await disagreement(x, level, conditional, difference)) < until
    }
    const guided: readonly Term<T>[] = both
      ? [
          [1 - scale, outputs[0]!],
          [scale, conditional],
        ]
      : evaluated === 'kept'
        ? [
            [1, conditional],
            [scale - 1, difference!],
          ]
        : [[1, conditional]]
    const without: readonly Term<T>[] = both
      ? [[1, outputs[0]!]]
      : [
          [1, conditional],
          [-1, difference ?? conditional],
        ]
    const factor = guided.length > 1 && scale !== 1 && by > 0 ? await rescaled(guided, conditional) : 1
    const results = new Set<T>()
    const sum = async ([ofX, ofOutput]: readonly [number, number], output: readonly Term<T>[]): Promise<T> => {
      const terms: readonly Term<T>[] = [
        [ofX, x],
        ...output.map(([share, tensor]): Term<T> => [ofOutput * share, tensor]),
      ]
      const kept = terms.filter(([weight]) => weight !== 0)
      const [only] = kept
      // A model that predicts the noise has already returned this sum.
      const ready = kept.length === 1 && only![0] === 1 && outputs.includes(only![1])
      const tensor = ready ? only![1] : await ops.combine(kept)
      results.add(tensor)
      return tensor
    }
    const scaled = factor === 1 ? guided : guided.map(([share, tensor]): Term<T> => [share * factor, tensor])
    const unconditional = views.has('unconditional') ? await sum(estimate(prediction, level), without) : undefined
    const wantsRaw = views.has('raw-noise') && threshold !== undefined
    const wantsNoise = (views.has('noise') || views.has('raw-noise')) && threshold === undefined
    const rawNoise = wantsRaw ? await sum(noiseEstimate(prediction, level), scaled) : undefined
    const noise = wantsNoise ? await sum(noiseEstimate(prediction, level), scaled) : undefined
    let denoised = wantsNoise && !views.has('data') ? undefined : await sum(estimate(prediction, level), scaled)
    for (const output of outputs) if (!results.has(output)) ops.dispose?.(output)
    if (evaluation >= lastKept) forget()
    if (threshold !== undefined && denoised !== undefined) {
      const kept = await threshold(denoised)
      if (kept !== denoised) ops.dispose?.(denoised)
      denoised = kept
    }
    return {
      ...(denoised === undefined ? {} : { denoised }),
      ...(noise === undefined ? {} : { noise }),
      ...(rawNoise === undefined ? {} : { rawNoise }),
      ...(unconditional === undefined ? {} : { unconditional }),
    }
  }
  return Object.assign(denoise, { dispose: forget })

  /** `mean|D_c − D_u| / mean|D_c|`. */
  async function disagreement(x: T, level: NoiseLevel, conditional: T, difference: T): Promise<number> {
    const [ofX, ofOutput] = estimate(prediction, level)
    const denoised = await ops.combine([
      [ofX, x],
      [ofOutput, conditional],
    ])
    const size = await ops.meanAbsolute!(denoised)
    ops.dispose?.(denoised)
    return (Math.abs(ofOutput) * (await ops.meanAbsolute!(difference))) / size
  }

  async function rescaled(guided: readonly Term<T>[], conditional: T): Promise<number> {
    const { standardDeviation } = guidance!.rescale!
    const tensor = await ops.combine(guided)
    const ratio = (await standardDeviation(conditional)) / (await standardDeviation(tensor))
    ops.dispose?.(tensor)
    return by * ratio + 1 - by
  }
}
