import { edm, type NoiseLevel, type Process } from '@fewstep/schedules'
import type { Solver } from '@fewstep/solvers'

const [low, high] = [Math.log1p(0.002 ** 2), Math.log1p(80 ** 2)]
const slope = (2 * (low / 1e-3 - high)) / (1e-3 - 1)
const least = high - slope / 2

/** EDM's variance preserving time, from `sigma/alpha` 0.002 at 0.001 to 80 at 1: what DEIS interpolates in outside of diffusers. */
const deisProcess: Process = {
  ...edm(),
  timestep: ({ alpha, sigma }) =>
    (Math.sqrt(least ** 2 + 2 * slope * Math.log1p((sigma / alpha) ** 2)) - least) / slope,
}

/** What ComfyUI, WebUI and k-diffusion do with a solver beside its options. */
export function adapted(solver: Solver): Solver {
  // DEIS interpolates in the time of a process of its own, whatever the model's is.
  if (solver.name.startsWith('deis')) return { ...solver, plan: levels => solver.plan(levels, deisProcess) }
  // DPM fast takes as many evaluations as steps from the first level to the last noisy one, and ends there.
  if (solver.name === 'dpm-fast')
    return { ...solver, plan: (levels, process) => solver.plan(noisy(levels, levels.length), process) }
  return solver
}

/** Levels evenly in `ln(sigma/alpha)` between the first and the last noisy one. */
function noisy(levels: readonly NoiseLevel[], count: number): readonly NoiseLevel[] {
  const [first, last] = [levels[0]!, levels.findLast(({ sigma }) => sigma > 0)!]
  const [high, low] = [first.sigma / first.alpha, last.sigma / last.alpha]
  return Array.from({ length: count }, (_, i) => {
    if (i === 0 || i === count - 1) return i === 0 ? first : last
    const rho = high * (low / high) ** (i / (count - 1))
    const alpha = 1 / Math.hypot(1, rho)
    return { alpha, sigma: rho * alpha }
  })
}
