import { ScheduleError } from './errors.ts'

/**
 * The distribution function of Beta(a, b): the regularised incomplete beta function `I_x(a, b)`, by its continued
 * fraction (Abramowitz and Stegun 26.5.8). Relative accuracy about 1e-12.
 *
 * @throws ScheduleError unless a and b are above 0
 */
export function betaCdf(x: number, a: number, b: number): number {
  checkShape(a, b)
  if (x <= 0) return 0
  if (x >= 1) return 1
  // The fraction converges fast below the mean only; the symmetry covers the rest.
  if (x > (a + 1) / (a + b + 2)) return 1 - betaCdf(1 - x, b, a)
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a
  return front * fraction(x, a, b)
}

/**
 * The inverse of {@link betaCdf}: the `x` below which Beta(a, b) has the given probability, to 2^-60.
 *
 * @throws ScheduleError unless a and b are above 0 and the probability is from 0 to 1
 */
export function betaQuantile(probability: number, a: number, b: number): number {
  checkShape(a, b)
  if (!(probability >= 0 && probability <= 1)) {
    throw new ScheduleError('beta', `needs a probability from 0 to 1, got ${probability}`)
  }
  if (probability === 0 || probability === 1) return probability
  let low = 0
  let high = 1
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (betaCdf(middle, a, b) < probability) low = middle
    else high = middle
  }
  return (low + high) / 2
}

function checkShape(a: number, b: number): void {
  if (a > 0 && b > 0 && Number.isFinite(a + b)) return
  throw new ScheduleError('beta', `needs a and b above 0, got ${a} and ${b}`)
}

/** Lentz's algorithm: evaluates the fraction from its start, with separate numerator and denominator. */
function fraction(x: number, a: number, b: number): number {
  const guard = (value: number): number => (Math.abs(value) < 1e-300 ? 1e-300 : value)
  let c = 1
  let d = 1 / guard(1 - ((a + b) * x) / (a + 1))
  let value = d
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / guard(1 + even * d)
    c = guard(1 + even / c)
    value *= c * d
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / guard(1 + odd * d)
    c = guard(1 + odd / c)
    value *= c * d
    if (Math.abs(c * d - 1) < 1e-15) break
  }
  return value
}

/** `ln Γ(x)` for x > 0: Stirling's series from 10 on, the recurrence below. */
function logGamma(x: number): number {
  let shift = 0
  let z = x
  while (z < 10) {
    shift += Math.log(z)
    z += 1
  }
  const r = 1 / (z * z)
  const series = (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r * (1 / 1188 - (r * 691) / 360360))))) / z
  return (z - 0.5) * Math.log(z) - z + Math.log(2 * Math.PI) / 2 + series - shift
}
