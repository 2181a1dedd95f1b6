import type { Recipe } from '@fewstep/sampler/diffusers'
import { type NoiseLevel, type Schedule, startAt } from '@fewstep/schedules'
import type { Plan, Solver } from '@fewstep/solvers'
import { plmsFrom } from './plms-from.ts'

/** The steps of one picture, the level that they start at, and the levels that were planned. */
export type Route = { readonly plan: Plan; readonly start: NoiseLevel; readonly levels: readonly NoiseLevel[] }

/**
 * The whole schedule, or with a strength its clean part: the last `⌊steps·strength⌋` steps, as diffusers has it. A solver
 * that a recipe names goes diffusers' way, one that was chosen by import goes its own: they differ for PLMS alone.
 *
 * @throws ScheduleError where a strength leaves no step
 */
export function route(
  recipe: Recipe,
  chosen: { readonly schedule?: Schedule | undefined; readonly solver?: Solver | undefined },
  steps: number,
  strength = 1,
): Route {
  const { process } = recipe
  const { schedule = recipe.schedule, solver = recipe.solver } = chosen
  const all = schedule.levels(steps, process)
  const levels = strength === 1 ? all : startAt(schedule, { strength }).levels(steps, process)
  const skipped = all.length - levels.length
  if (skipped > 0 && solver.name === 'pndm' && chosen.solver === undefined)
    return { levels, ...plmsFrom(solver, all, skipped, process) }
  return { levels, plan: solver.plan(levels, process), start: levels[0]! }
}

/** Whether a plan steps from the estimate without guidance, whatever its scale. */
export function usesUnconditional({ steps }: Plan): boolean {
  return steps.some(({ evaluations, output }) =>
    [output, ...evaluations.map(({ input }) => input)].some(sum =>
      sum.some(({ slot }) => slot.kind === 'evaluation' && slot.view === 'unconditional'),
    ),
  )
}
