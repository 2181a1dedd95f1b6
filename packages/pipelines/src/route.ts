import { estimate } from '@fewstep/sampler'
import type { Recipe } from '@fewstep/sampler/diffusers'
import { type NoiseLevel, type Process, type Schedule, startAt } from '@fewstep/schedules'
import { type AdaptiveSolver, isAdaptive, type Plan, type Solver } from '@fewstep/solvers'
import { plmsFrom } from './plms-from.ts'

/** The noise levels of one image, and the level that it starts at. */
type Levels = { readonly start: NoiseLevel; readonly levels: readonly NoiseLevel[] }

/** The sampling plan of one image. */
export type Route = Levels & { readonly plan: Plan }

/** The sampling plan with an adaptive solver, which chooses its steps between the first level and the last during the run. */
export type AdaptiveRoute = Levels & { readonly solver: AdaptiveSolver; readonly process: Process }

/**
 * The sampling plan of one image: all steps of the schedule, or with a `strength` only the last `⌊steps·strength⌋` ones, as in
 * diffusers, unless the recipe's `cleanPart` says otherwise. With a `strength`, the recipe's PLMS starts as in diffusers, while
 * an imported PLMS starts anew; all other solvers are the same either way.
 *
 * @throws ScheduleError where a strength leaves no step, GuidanceError for a model that predicts noise at a level without signal
 * @example route(fromDiffusersConfig(config), {}, 25)
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
  const fullLevels = schedule.levels(steps, process)
  const part = recipe.cleanPart ?? ((whole: Schedule, strength: number) => startAt(whole, { strength }))
  const levels = strength === 1 ? fullLevels : part(schedule, strength).levels(steps, process)
  // A prediction without information at the first level is an error before anything runs.
  estimate(recipe.prediction, levels[0]!)
  if (isAdaptive(solver)) return { levels, solver, process, start: levels[0]! }
  const skipped = fullLevels.length - levels.length
  if (skipped > 0 && solver.name === 'pndm' && chosen.solver === undefined && recipe.cleanPart === undefined)
    return { levels, ...plmsFrom(solver, fullLevels, skipped, process) }
  return { levels, plan: solver.plan(levels, process), start: levels[0]! }
}

type Chosen<S> = { readonly schedule?: Schedule | undefined; readonly solver?: S | undefined }
