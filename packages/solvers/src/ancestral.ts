import type { NoiseLevel } from '@fewstep/schedules'
import { rho } from './weights.ts'

/**
 * The deterministic part of an ancestral step goes to `down`, then noise of deviation `up` is added, both in `ρ = sigma/alpha`:
 * `up² + down² = ρ'²`. By default `up = eta·ρ'·√(1 − ρ'²/ρ²)` (k-diffusion's `get_ancestral_step`). With `flow`, in the
 * sigma of flow matching `f = ρ/(1 + ρ)`, `f_down = f'·(1 + eta·(f'/f − 1))` (ComfyUI's samplers of rectified flow).
 */
export function ancestral(
  from: NoiseLevel,
  to: NoiseLevel,
  { eta, flow = false }: { readonly eta: number; readonly flow?: boolean },
): { readonly down: number; readonly up: number } {
  const end = rho(to)
  if (flow) {
    const [start, target] = [share(from), share(to)]
    const part = target * (1 + eta * (target / start - 1))
    const down = part / (1 - part)
    // The difference `target − part` without cancellation: 0 where eta is 0.
    const gap = (eta * target * (1 - target / start)) / ((1 - target) * (1 - part))
    return { down, up: Math.sqrt(Math.max(0, gap) * (end + down)) }
  }
  const up = eta * end * Math.sqrt(1 - (end / rho(from)) ** 2)
  return { up, down: Math.sqrt(Math.max(0, (end - up) * (end + up))) }
}

/** The sigma of flow matching. */
function share({ alpha, sigma }: NoiseLevel): number {
  return sigma / (alpha + sigma)
}
