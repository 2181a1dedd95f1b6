import { CacherError, checkNumber, checkWhole } from './errors.ts'

/**
 * DeepCache's non-uniform timetable (arXiv 2312.00858 §4.3, as its code computes it): about `steps/interval` full steps,
 * densest around `center`: `trunc(Re((z₀ + (z₁ − z₀)·k/n)^power)) + center`, `z₀ = (−center)^(1/power)`,
 * `z₁ = (steps − center)^(1/power)`.
 *
 * `(−center)^(1/power)` is the complex principal value; the calculation is complex until the real part is taken. Real numbers
 * would give other steps. If two steps coincide, `power` is lowered by 0.02 until there are enough steps.
 *
 * @returns the full steps in ascending order, starting with 0
 * @throws CacherError where no power above 1 gives enough steps
 */
export function nonUniformSteps(
  steps: number,
  options: { readonly interval: number; readonly center: number; readonly power: number },
): readonly number[] {
  const { interval, center } = options
  checkWhole('steps', steps, 1)
  checkWhole('interval', interval, 1)
  checkNumber('center', center, 0, steps)
  checkNumber('power', options.power, 1, 10)
  const count = Math.ceil(steps / interval)
  for (let power = options.power; power > 1; power -= 0.02) {
    const radius = center ** (1 / power)
    const [re, im] = [radius * Math.cos(Math.PI / power), radius * Math.sin(Math.PI / power)]
    const end = (steps - center) ** (1 / power)
    const values = Array.from({ length: count + 1 }, (_, k) => {
      const u = k / count
      const [x, y] = [re + (end - re) * u, im * (1 - u)]
      return Math.trunc(Math.hypot(x, y) ** power * Math.cos(power * Math.atan2(y, x)))
    })
    const inner = [...new Set(values)].sort((a, b) => a - b).slice(1, -1)
    if (inner.length + 1 === count) return [0, ...inner.map(value => value + center)]
  }
  throw new CacherError(
    'the non-uniform timetable',
    'possible: take a larger interval or another center or power',
    `${steps} steps, interval ${interval}, center ${center}, power ${options.power}`,
  )
}
