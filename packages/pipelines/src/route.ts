import { estimate } from '@fewstep/sampler'
import type { Recipe } from '@fewstep/sampler/diffusers'
import { type NoiseLevel, type Process, type Schedule, startAt } from '@fewstep/schedules'
import { type AdaptiveSolver, isAdaptive, type Plan, type Solver } from '@fewstep/solvers'
import { plmsFrom } from './plms-from.ts'

/** The levels of one image, and the one that it starts at. */
type Levels = { readonly start: NoiseLevel; readonly levels: readonly NoiseLevel[] }

/** The steps of one image. */
export type Route = Levels & { readonly plan: Plan }

/** The same where the steps are found on the way between the first level and the last. */
export type AdaptiveRoute = Levels & { readonly solver: AdaptiveSolver; readonly process: Process }

/**
 * The whole schedule, or with a strength its clean part: the last `⌊steps·strength⌋` steps, as diffusers has it, or what the
 * recipe makes of it. A solver
 * that a recipe names goes diffusers' way, one that was chosen by import goes its own: they differ for PLMS alone.
 *
 * @throws ScheduleError where a strength leaves no step, GuidanceError for a model of noise at a level without signal
 */
export function route(recipe: Recipe, chosen: Chosen<Solver>, steps: number, strength?: number): Route
export function route(
  recipe: Recipe,
  chosen: Chosen<AdaptiveSolver> & { readonly solver: AdaptiveSolver },
  steps: number,
  strength?: number,
): AdaptiveRoute
export function route(
  recipe: Recipe,
  chosen: Chosen<Solver | AdaptiveSolver>,
  steps: number,
  strength?: number,
): Route | AdaptiveRoute
export function route(
  recipe: Recipe,
  chosen: Chosen<Solver | AdaptiveSolver>,
  steps: number,
  strength = 1,
): Route | AdaptiveRoute {
  const { process } = recipe
  const { schedule = recipe.schedule, solver = recipe.solver } = chosen
  const all = schedule.levels(steps, process)
  const part = recipe.cleanPart ?? ((own: Schedule, strength: number) => startAt(own, { strength }))
  const levels = strength === 1 ? all : part(schedule, strength).levels(steps, process)
  // A prediction that says nothing at the first level is refused before anything is run.
  estimate(recipe.prediction, levels[0]!)
  if (isAdaptive(solver)) return { levels, solver, process, start: levels[0]! }
  const skipped = all.length - levels.length
  if (skipped > 0 && solver.name === 'pndm' && chosen.solver === undefined && recipe.cleanPart === undefined)
    return { levels, ...plmsFrom(solver, all, skipped, process) }
  return { levels, plan: solver.plan(levels, process), start: levels[0]! }
}

type Chosen<S> = { readonly schedule?: Schedule | undefined; readonly solver?: S | undefined }
