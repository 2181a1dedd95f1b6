import type { Cacher } from '@fewstep/cachers'
import { cachersOf, decide } from '@fewstep/pipelines/settings'
import type { Lane } from '../state/place.ts'
import { planned } from './planned.ts'

/** Why a lane cannot run, in words for the page; `undefined` where it can. */
export function laneProblem(schedulerConfig: unknown, lane: Lane): string | undefined {
  try {
    const conflict = cacheConflict(cachersOf(lane))
    if (conflict !== undefined) return conflict
    planned(schedulerConfig, lane)
    return undefined
  } catch (error) {
    return tooManySteps(schedulerConfig, lane) ?? (error as Error).message
  }
}

/** What caches of a kind do; two of them would do it twice. */
const doing: Readonly<Record<Cacher['kind'], string>> = {
  'deep-features': 'reuse the deep features of the U-Net',
  attention: 'reuse the outputs of attention',
  guidance: 'leave out evaluations of guidance',
  forecast: 'replace whole evaluations',
  'adaptive-output': 'replace whole evaluations',
  reweighting: 'reweight the features of the U-Net',
}

/** Why caches cannot be used together, in words. Caches of guidance can. */
export function cacheConflict(cachers: readonly Cacher[]): string | undefined {
  for (const [i, { kind, name }] of cachers.entries()) {
    if (kind === 'guidance') continue
    const other = cachers.slice(i + 1).find(other => doing[other.kind] === doing[kind])
    if (other?.name === name) return `The cache ${name} is there twice. Remove one of the two.`
    if (other !== undefined) return `${name} and ${other.name} both ${doing[kind]}. Remove one of the two.`
  }
  return undefined
}

/** In words, where fewer steps would make a run. */
function tooManySteps(schedulerConfig: unknown, lane: Lane): string | undefined {
  const fits = (steps: number): boolean => {
    try {
      planned(schedulerConfig, { ...lane, steps, caches: [] })
      return true
    } catch {
      return false
    }
  }
  const few = [50, 20, 10, 5].find(steps => steps < lane.steps && fits(steps))
  if (few === undefined || fits(lane.steps)) return undefined
  // The most that fits is from `most` to below `tooMany`.
  let [most, tooMany] = [few, lane.steps]
  while (tooMany - most > 1) {
    const middle = (most + tooMany) >> 1
    if (fits(middle)) most = middle
    else tooMany = middle
  }
  const { name } = decide(schedulerConfig, lane).recipe.schedule
  const schedule = lane.schedule === undefined ? `the model's default schedule (${name})` : `the schedule ${name}`
  const other = lane.schedule === 'trailing' ? '' : ', or choose the schedule trailing'
  return `${lane.steps} steps are too many: with these settings, ${schedule} has room for ${most}. Enter fewer steps${other}.`
}
