import { edm, type NoiseLevel, type Process } from '@fewstep/schedules'
import { lcm, type Plan, type Solver } from '@fewstep/solvers'
import type { Program } from './program.ts'

const [low, high] = [Math.log1p(0.002 ** 2), Math.log1p(80 ** 2)]
const slope = (2 * (low / 1e-3 - high)) / (1e-3 - 1)
const least = high - slope / 2

/** EDM's variance preserving time, from `sigma/alpha` 0.002 at 0.001 to 80 at 1. Outside of diffusers, DEIS interpolates in this time. */
const deisProcess: Process = {
  ...edm(),
  timestep: ({ alpha, sigma }) =>
    (Math.sqrt(least ** 2 + 2 * slope * Math.log1p((sigma / alpha) ** 2)) - least) / slope,
}

/** A solver with the changes that a program makes beyond its options. */
export function adapted(program: Program, solver: Solver): Solver {
  const { name } = solver
  const comfy = program === 'comfyui'
  // DEIS interpolates in the time of a fixed process, for any model.
  if (name.startsWith('deis')) return { ...solver, plan: levels => solver.plan(levels, deisProcess) }
  // DPM fast takes one evaluation for each step, from the first level to the last noisy one, and ends there.
  if (name === 'dpm-fast')
    return { ...solver, plan: (levels, process) => solver.plan(noisy(levels, levels.length), process) }
  // ComfyUI's LCM uses the estimate directly, without the boundary condition that such models were distilled with.
  if (comfy && name === 'lcm') return lcm({ timestepScaling: Number.POSITIVE_INFINITY })
  // ComfyUI's LMS ends with the last estimate; k-diffusion's keeps its order.
  if (comfy && name === 'lms') return { ...solver, plan: levels => endingClean(solver.plan(levels)) }
  // ComfyUI's UniPC stops at sigma 0.001, and treats that as the end.
  if (comfy && name.startsWith('unipc')) return { ...solver, plan: levels => beforeTheEnd(solver, levels) }
  return solver
}

/** The result of a step to sigma 0 is the last estimate. */
function endingClean(plan: Plan): Plan {
  const last = plan.steps.at(-1)!
  if (last.to.sigma > 0) return plan
  const output = [
    { slot: { kind: 'evaluation', index: plan.steps.length - 1, view: 'data' }, weight: last.to.alpha },
  ] as const
  return { steps: [...plan.steps.slice(0, -1), { ...last, output }] }
}

function beforeTheEnd(solver: Solver, levels: readonly NoiseLevel[]): Plan {
  const end = levels.at(-1)!
  if (end.sigma > 0) return solver.plan(levels)
  const { steps } = solver.plan([...levels.slice(0, -1), { alpha: 1, sigma: 0.001 }])
  return { steps: [...steps.slice(0, -1), { ...steps.at(-1)!, to: end }] }
}

/** Levels even in `ln(sigma/alpha)` from the first level to the last noisy one. */
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
