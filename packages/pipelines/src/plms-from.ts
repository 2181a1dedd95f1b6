import type { NoiseLevel, Process } from '@fewstep/schedules'
import type { Plan, Solver, Step } from '@fewstep/solvers'

/**
 * What diffusers' image to image makes of PLMS that begins at step `skipped` of `levels` (its `PNDMScheduler`, 0.42).
 *
 * It leaves out the first `skipped` calls, and PLMS makes one call more than steps. So it begins one level noisier, makes
 * the improved Euler step there, and goes on one level too clean, as if the level in between had been passed; where one
 * call is left out, the Euler step's target is told the level of its origin.
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
      // Of two levels alone the plan is one plain step.
      { level: to, input: steps(start, levels[origin + 1]!)[0]!.output },
    ],
    output: steps(from, to, levels[skipped + 1]!)[0]!.output,
  }
  return { plan: { steps: [first, ...steps(from, ...levels.slice(skipped + 1)).slice(1)] }, start }
}
