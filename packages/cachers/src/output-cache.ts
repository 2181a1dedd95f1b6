import type { Denoise } from '@fewstep/solvers'
import type { TensorOps } from '@fewstep/tensor'
import type { Wrapped } from './cacher.ts'
import { CacherError } from './errors.ts'

/** When to reuse: `part` is the share of the run's calls already made, `inARow` the calls left out since the last one. */
export type ReuseRule = {
  within(part: number): boolean
  /** The accumulated error with one more relative change. */
  error(accumulated: number, change: number, inARow: number): number
  reuse(error: number, part: number): boolean
}

/** What is kept: of the last call its input and estimate, with the rate between the last two; and the latest input. */
type Kept<T> = { readonly input: T; readonly denoised: T; readonly size: number; readonly rate: number | undefined }

/**
 * A denoiser that is left out where the rule says so: its estimate is then `x̂ + (D − x̂)_kept`, `x̂ = x/alpha`. Every call
 * costs a few sums and one measure. Where the plan uses the estimate without guidance, or no signal is left, it is called.
 */
export function outputCache<T>(name: string, denoise: Denoise<T>, ops: TensorOps<T>, rule: ReuseRule): Wrapped<T> {
  if (ops.meanAbsolute === undefined)
    throw new CacherError(name, 'used with ops that have meanAbsolute', 'ops without it')
  let kept: Kept<T> | undefined
  let latest: T | undefined
  let error = 0
  let inARow = 0
  let calls = 0
  const difference = async (a: T, b: T): Promise<number> => {
    const made = await ops.combine([
      [1, a],
      [-1, b],
    ])
    const size = await ops.meanAbsolute!(made)
    ops.dispose?.(made)
    return size
  }
  const free = (tensor: T | undefined): void => {
    if (tensor !== undefined) ops.dispose?.(tensor)
  }
  const forget = (): void => {
    free(kept?.input)
    free(kept?.denoised)
    free(latest)
    kept = undefined
    latest = undefined
    error = 0
    inARow = 0
  }
  return {
    calls: () => calls,
    dispose: forget,
    async denoise(x, level, call) {
      if (call.evaluation === 0) forget()
      const part = call.evaluation / call.evaluations
      const usable = level.alpha > 0 && !call.views.has('unconditional')
      const input = usable ? await ops.combine([[1 / level.alpha, x]]) : undefined
      if (input !== undefined && latest !== undefined && kept?.rate !== undefined && rule.within(part)) {
        const change = (kept.rate * (await difference(input, latest))) / kept.size
        error = rule.error(error, change, inARow)
        if (rule.reuse(error, part)) {
          inARow += 1
          const denoised = await ops.combine([
            [1, input],
            [1, kept.denoised],
            [-1, kept.input],
          ])
          free(latest)
          latest = input
          return { denoised }
        }
      }
      const answer = await denoise(x, level, { ...call, views: new Set([...call.views, 'data'] as const) })
      calls += 1
      error = 0
      inARow = 0
      if (input === undefined || answer.denoised === undefined) {
        free(input)
        return answer
      }
      const moved = kept === undefined ? 0 : await difference(input, kept.input)
      const rate =
        kept === undefined || moved === 0 ? undefined : (await difference(answer.denoised, kept.denoised)) / moved
      free(kept?.input)
      free(kept?.denoised)
      free(latest)
      kept = {
        input,
        denoised: await ops.combine([[1, answer.denoised]]),
        size: Math.max(await ops.meanAbsolute!(answer.denoised), Number.MIN_VALUE),
        rate,
      }
      latest = await ops.combine([[1, input]])
      return answer
    },
  }
}
