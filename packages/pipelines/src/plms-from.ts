import type { NoiseLevel, Process } from '@fewstep/schedules'
import type { Plan, Solver, Step } from '@fewstep/solvers'

/**
 * The plan of PLMS in diffusers' image to image, from step `skipped` of `levels` on (`PNDMScheduler`, 0.42).
 *
 * diffusers leaves out the first `skipped` evaluations, and PLMS has one evaluation more than steps. So the run starts one level
 * noisier, takes the improved Euler step there, and continues one level too clean, as if it had passed the level in between.
 * Where one evaluation is left out, the target of the Euler step is evaluated at the level of its origin.
 */
export function plmsFrom(
  solver: Solver,
  levels: readonly NoiseLevel[],
  skipped: number,
  process: Process,
): { readonly plan: Plan; readonly start: NoiseLevel } {
  const origin = Math.max(skipped - 1, 1)
  const [from, start, to] = [levels[skipped - 1]!, levels[origin]!, levels[skipped]!]
  const steps = (...through: readonly NoiseLevel[]): readonly Step[] => solver.plan(through, process).steps
  const first: Step = {
    from,
    to,
    draws: [],
    evaluations: [
      { level: start, input: [{ slot: { kind: 'state' }, weight: 1 }] },
      // With two levels the plan is one plain step.
      { level: to, input: steps(start, levels[origin + 1]!)[0]!.output },
    ],
    output: steps(from, to, levels[skipped + 1]!)[0]!.output,
  }
  return { plan: { steps: [first, ...steps(from, ...levels.slice(skipped + 1)).slice(1)] }, start }
}
