/**
 * How much noise a step of length `h` in λ replaces: the share `kept` of the old noise stays, and `added = √(1 − kept²)` is
 * fresh. With `kept = e^(−ηh)`, x moves by the exponential integrator over `h − ln kept` (arXiv 2211.01095 §6).
 */
export type Noising = { kept(h: number): number; added(h: number): number }

/** The reverse SDE with `eta` times its noise: `kept = e^(−eta·h)`. */
export function sdeNoise(eta: number): Noising {
  return {
    kept: h => (eta === 0 ? 1 : Math.exp(-eta * h)),
    added: h => Math.sqrt(eta === 0 ? 0 : -Math.expm1(-2 * eta * h)),
  }
}

/** k-diffusion's ancestral step: `added = eta·√(1 − e^(−2h))`. The same as the SDE's at eta 1. */
export function ancestralNoise(eta: number): Noising {
  return {
    kept: h => Math.sqrt(1 - eta * eta + eta * eta * Math.exp(-2 * h)),
    added: h => eta * Math.sqrt(-Math.expm1(-2 * h)),
  }
}
