import type { Denoise } from '@fewstep/solvers'
import type { TensorOps } from '@fewstep/tensor'
import type { Forecast, Wrapped } from './cacher.ts'
import type { Timetable } from './cell.ts'
import { CacherError } from './errors.ts'

/**
 * A denoiser that skips the evaluations that the timetable marks as `forecast`: the estimate of x0 is then the forecast's
 * weighted sum of the latest estimates.
 */
export function forecasting<T>(
  forecast: Forecast,
  cells: Timetable,
  denoise: Denoise<T>,
  ops: TensorOps<T>,
): Wrapped<T> {
  let past: { readonly evaluation: number; readonly denoised: T }[] = []
  let calls = 0
  const forget = (): void => {
    for (const { denoised } of past) ops.dispose?.(denoised)
    past = []
  }
  return {
    calls: () => calls,
    dispose: forget,
    async denoise(x, level, call) {
      const { evaluation, views } = call
      if (evaluation === 0) forget()
      if (cells[evaluation]?.output === 'forecast') {
        if (views.has('unconditional'))
          throw new CacherError(forecast.name, 'used with solvers that need the guided estimate only', 'a CFG++ solver')
        const weights = forecast.weights(
          past.map(({ evaluation }) => evaluation),
          evaluation,
        )
        return { denoised: await ops.combine(past.map(({ denoised }, i) => [weights[i]!, denoised] as const)) }
      }
      const answer = await denoise(x, level, { ...call, views: new Set([...views, 'data'] as const) })
      calls += 1
      if (answer.denoised === undefined) return answer
      past.push({ evaluation, denoised: await ops.combine([[1, answer.denoised]]) })
      if (past.length > forecast.history) ops.dispose?.(past.shift()!.denoised)
      return answer
    },
  }
}
