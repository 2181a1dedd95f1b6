/**
 * The part of the KLUB's integrand that has a closed form, on Gaussian data of standard deviation c
 * (arXiv:2404.14507): `π(t) = t^-3·(1/(t² + c²) − 1/(u² + c²))` for t below u.
 */
export type Importance = {
  /** `1/(t² + c²) − 1/(u² + c²)`: the squared distance of the two estimates, up to a factor, on Gaussian data. */
  gap(t: number): number
  /** `∫ π` from the interval's lower end to u. */
  readonly mass: number
  /** The t below which this part of the mass lies. */
  quantile(part: number): number
}

/** Importance on one interval: `F(t) = ½(ln(1 + c²/x)/c⁴ − 1/(c²x) + K/x)` with `x = t²`, `K = 1/(u² + c²)`. */
export function importance(lower: number, u: number, c: number): Importance {
  const c2 = c * c
  const k = 1 / (u * u + c2)
  const antiderivative = (t: number): number => {
    const x = t * t
    return (Math.log1p(c2 / x) / (c2 * c2) - 1 / (c2 * x) + k / x) / 2
  }
  const start = antiderivative(lower)
  const mass = antiderivative(u) - start
  return {
    gap: t => ((u - t) * (u + t)) / ((t * t + c2) * (u * u + c2)),
    mass,
    quantile(part) {
      let [low, high] = [Math.log(lower), Math.log(u)]
      for (let i = 0; i < 50; i++) {
        const middle = (low + high) / 2
        if (antiderivative(Math.exp(middle)) - start < part * mass) low = middle
        else high = middle
      }
      return Math.exp((low + high) / 2)
    },
  }
}
