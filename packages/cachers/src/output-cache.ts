import type { Denoise } from '@fewstep/solvers'
import type { TensorOps } from '@fewstep/tensor'
import type { Wrapped } from './cacher.ts'
import { CacherError } from './errors.ts'

/**
 * When to reuse. `part` is the share of the run's evaluations that are done, `inARow` how many evaluations were left out since the
 * last one that ran.
 */
export type ReuseRule = {
  /** Whether evaluations may be left out at this part of the run. */
  within(part: number): boolean
  /** The accumulated error after one more relative change. */
  error(accumulated: number, change: number, inARow: number): number
  reuse(error: number, part: number): boolean
}

/** What is kept of the last evaluation: its input and its noise, both scaled to unit variance, and the rate between the last two. */
type Kept<T> = { readonly input: T; readonly noise: T; readonly size: number; readonly rate: number | undefined }

/**
 * A denoiser that leaves out the evaluations that the rule selects. The noise is then `u + (ε − u)_kept`, where
 * `u = x/√(alpha² + sigma²)` is the model's input. Each decision costs a few sums and one measurement. The model always runs
 * where the plan uses the estimate without guidance, and where `alpha = 0` (no signal left).
 */
export function outputCache<T>(name: string, denoise: Denoise<T>, ops: TensorOps<T>, rule: ReuseRule): Wrapped<T> {
  const { meanAbsolute } = ops
  if (meanAbsolute === undefined)
    throw new CacherError(name, 'used with tensor operations that have meanAbsolute', 'ops without it')
  let kept: Kept<T> | undefined
  let latest: T | undefined
  let error = 0
  let inARow = 0
  let calls = 0
  const difference = async (a: T, b: T): Promise<number> => {
    const delta = await ops.combine([
      [1, a],
      [-1, b],
    ])
    const size = await meanAbsolute(delta)
    ops.dispose?.(delta)
    return size
  }
  const free = (...tensors: readonly (T | undefined)[]): void => {
    for (const tensor of tensors) if (tensor !== undefined) ops.dispose?.(tensor)
  }
  const forget = (): void => {
    free(kept?.input, kept?.noise, latest)
    kept = undefined
    latest = undefined
    error = 0
    inARow = 0
  }
  return {
    calls: () => calls,
    dispose: forget,
    async denoise(x, level, call) {
      const { views, evaluation, evaluations } = call
      if (evaluation === 0) forget()
      const { alpha, sigma } = level
      const part = evaluation / evaluations
      if (alpha === 0 || views.has('raw-noise') || views.has('unconditional')) {
        calls += 1
        return denoise(x, level, call)
      }
      const input = await ops.combine([[1 / Math.hypot(alpha, sigma), x]])
      if (latest !== undefined && kept?.rate !== undefined && rule.within(part)) {
        const change = (kept.rate * (await difference(input, latest))) / kept.size
        error = rule.error(error, change, inARow)
        if (rule.reuse(error, part)) {
          inARow += 1
          const noise = await ops.combine([
            [1, input],
            [1, kept.noise],
            [-1, kept.input],
          ])
          free(latest)
          latest = input
          if (!views.has('data')) return { noise }
          const denoised = await ops.combine([
            [1 / alpha, x],
            [-sigma / alpha, noise],
          ])
          return { denoised, noise }
        }
      }
      const answer = await denoise(x, level, { ...call, views: new Set([...views, 'noise'] as const) })
      calls += 1
      error = 0
      inARow = 0
      const noise = await ops.combine(
        answer.noise === undefined
          ? [
              [1 / sigma, x],
              [-alpha / sigma, answer.denoised!],
            ]
          : [[1, answer.noise]],
      )
      const moved = kept === undefined ? 0 : await difference(input, kept.input)
      const rate = kept === undefined || moved === 0 ? undefined : (await difference(noise, kept.noise)) / moved
      free(kept?.input, kept?.noise, latest)
      kept = { input, noise, size: Math.max(await meanAbsolute(noise), Number.MIN_VALUE), rate }
      latest = await ops.combine([[1, input]])
      return answer
    },
  }
}
