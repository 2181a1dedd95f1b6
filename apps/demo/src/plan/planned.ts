import {
  type Cacher,
  type Costs,
  cacherOf,
  checkUntimed,
  type Timetable,
  timetable,
  workOfTimetable,
} from '@fewstep/cachers'
import { guidanceOf, route, unusedNegative } from '@fewstep/pipelines'
import { cachersOf, decide, noiseOf } from '@fewstep/pipelines/settings'
import type { Recipe } from '@fewstep/sampler/diffusers'
import type { Plan } from '@fewstep/solvers'
import type { Lane } from '../state/place.ts'

/** The facts about a run that are known before its first evaluation. */
export type Planned = {
  readonly recipe: Recipe
  readonly plan: Plan
  readonly cachers: readonly Cacher[]
  readonly cells: Timetable
  /** The number of evaluations; an upper limit where a cache decides during the run. */
  readonly calls: number
  readonly atMost: boolean
}

/**
 * `undefined` where a solver chooses its steps as it goes.
 *
 * @throws an error in words for names, options and combinations that make no run
 */
export function planned(schedulerConfig: unknown, lane: Lane): Planned | undefined {
  const cachers = cachersOf(lane)
  noiseOf(lane)
  const { recipe, solver } = decide(schedulerConfig, lane)
  if (solver !== undefined) {
    checkUntimed(cachers, solver.name)
    return undefined
  }
  const way = route(recipe, {}, lane.steps)
  const { plan } = way
  const { scale } = guidanceOf(way, lane.guidance)
  const cells = timetable(plan, cachers, { guided: scale !== 1 })
  return {
    recipe,
    plan,
    cachers,
    cells,
    calls: cells.filter(({ output }) => output === 'compute').length,
    atMost: cacherOf(cachers, 'adaptive-output') !== undefined,
  }
}

/** What to say of a negative prompt that a lane does not use, before it is drawn; nothing where it is empty or used. */
export function unusedOf(
  negative: string,
  { guidance }: Lane,
  run: Pick<Planned, 'plan'> | undefined,
): string | undefined {
  const guided = run === undefined ? guidance > 1 : guidanceOf(run, guidance).guided
  return unusedNegative(negative, guidance, { guided })
}

/**
 * What parts of a U-Net cost, as shares of the multiply-adds of a full evaluation for one condition, which are `total`;
 * `shallow` by DeepCache's branch.
 */
export type UnetShares = Omit<Costs, 'shallow'> & {
  readonly total: number
  readonly shallow: Readonly<Record<number, number>>
}

/** A run's multiply-adds, in full evaluations for one condition. */
export type Work = {
  readonly calls: number
  /** Over those of the run without its caches. */
  readonly share: number
  /** Whether a cache decides during the run, so that it may be less. */
  readonly atMost: boolean
}

/** `undefined` where the model has no such parts. */
export function workOfRun(
  { plan, cells, cachers, atMost }: Planned,
  lane: Lane,
  shares: UnetShares | undefined,
): Work | undefined {
  const branch = cacherOf(cachers, 'deep-features')?.branch
  const shallow = branch === undefined ? 1 : shares?.shallow[branch]
  if (shares === undefined || shallow === undefined) return undefined
  const costs: Costs = { cross: shares.cross, self: shares.self, shallow }
  const { scale, guided } = guidanceOf({ plan }, lane.guidance)
  const calls = workOfTimetable(cells, costs)
  const decides =
    cells.some(({ deep }) => deep === 'decide') ||
    (guided && cachers.some(cacher => cacher.kind === 'guidance' && cacher.until !== undefined))
  return {
    calls,
    share: calls / workOfTimetable(timetable(plan, [], { guided: scale !== 1 }), costs),
    atMost: atMost || decides,
  }
}
