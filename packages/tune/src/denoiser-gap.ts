import type { NoiseLevel, Process } from '@fewstep/schedules'
import type { Denoise } from '@fewstep/solvers'
import type { TensorOps } from '@fewstep/tensor'
import { TuneError } from './errors.ts'
import type { EstimateGap } from './klub.ts'

/** Clean data and two tensors of standard normal noise of the same shape. The caller owns them. */
export type Example<T> = { readonly data: T; readonly noise: T; readonly further: T }

/**
 * {@link EstimateGap} of a denoiser: `x_t = x0 + t·z` and, from there, `x_u = x_t + √(u² − t²)·z'`, both at the process's
 * levels (times alpha).
 *
 * @param options `example` must return equal tensors for the same number
 * @throws TuneError from the gap, where the denoiser returns no estimate
 */
export function denoiserGap<T>(options: {
  readonly denoise: Denoise<T>
  readonly process: Process
  readonly ops: TensorOps<T>
  readonly example: (number: number) => Example<T> | Promise<Example<T>>
  /** `‖a − b‖²`. */
  readonly squaredDistance: (a: T, b: T) => number | Promise<number>
}): EstimateGap {
  const { denoise, process, ops, example, squaredDistance } = options
  const estimate = async (rho: number, t: number, { data, noise, further }: Example<T>, number: number): Promise<T> => {
    const level: NoiseLevel = process.level(process.timestep({ alpha: 1, sigma: rho }))
    const more = Math.sqrt(Math.max(0, (rho - t) * (rho + t)))
    const x = await ops.combine([
      [level.alpha, data],
      [level.alpha * t, noise],
      [level.alpha * more, further],
    ])
    const call = {
      step: 0,
      steps: 1,
      stage: 0,
      evaluation: number,
      evaluations: 1,
      level,
      views: new Set(['data'] as const),
    }
    const { denoised, ...others } = await denoise(x, level, call)
    ops.dispose?.(x)
    for (const other of Object.values(others)) if (other !== undefined) ops.dispose?.(other)
    if (denoised === undefined) throw new TuneError('denoise', '{ denoised } where views ask for data', 'none')
    return denoised
  }
  return async (t, u, number) => {
    const tensors = await example(number)
    const low = await estimate(t, t, tensors, number)
    const high = await estimate(u, t, tensors, number)
    const distance = await squaredDistance(low, high)
    ops.dispose?.(low)
    ops.dispose?.(high)
    return distance
  }
}
